package dev.dunes.agent.drive;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What is made when it is first asked for, once. Safe for use by several threads. */
final class Once<T> implements Supplier<T> {
  private final ReentrantLock making = new ReentrantLock();
  private final Supplier<T> maker;
  private volatile @Nullable T made;

  Once(Supplier<T> maker) {
    this.maker = requireNonNull(maker, "maker");
  }

  @Override
  public T get() {
    T known = made;
    if (known != null) {
      return known;
    }
    making.lock();
    try {
      T again = made;
      if (again != null) {
        return again;
      }
      T fresh = requireNonNull(maker.get());
      made = fresh;
      return fresh;
    } finally {
      making.unlock();
    }
  }
}
