package dev.dunes.sandbox;

/**
 * Something to do that may fail with one kind of exception; with {@link RuntimeException} when it
 * declares none.
 *
 * @param <T> what it gives
 * @param <X> what it may throw
 */
@FunctionalInterface
public interface Work<T, X extends Exception> {
  T run() throws X;
}
