package dev.dunes.sandbox;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

/** A clock that only moves when told to; sleeping moves it and is written down. */
final class FakeTime implements TimeSource {
  final List<Duration> sleeps = new CopyOnWriteArrayList<>();
  private final AtomicLong now = new AtomicLong(1_000);

  @Override
  public long nanos() {
    return now.get();
  }

  @Override
  public void sleep(Duration time) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    sleeps.add(time);
    advance(time);
  }

  void advance(Duration time) {
    now.addAndGet(time.toNanos());
  }
}
