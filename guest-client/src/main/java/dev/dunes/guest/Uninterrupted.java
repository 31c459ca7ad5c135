package dev.dunes.guest;

/**
 * Work that must be done even by a thread that was interrupted, such as clearing away. Files and
 * sockets refuse such a thread, so its interrupt is put aside for the time being.
 */
public final class Uninterrupted {
  private Uninterrupted() {}

  /** Work that gives something and may throw {@code E}. */
  @FunctionalInterface
  public interface Work<T, E extends Exception> {
    T run() throws E;
  }

  /** Does the work; the thread's interrupt is set again afterwards. */
  public static <T, E extends Exception> T run(Work<T, E> work) throws E {
    boolean interrupted = Thread.interrupted();
    try {
      return work.run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
