package dev.dunes.sandbox;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The threads an object has started, and ends. */
final class Threads {
  private final String name;
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();

  Threads(String name) {
    this.name = name;
  }

  Thread start(Runnable work) {
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .unstarted(() -> {
              try {
                work.run();
              } finally {
                running.remove(Thread.currentThread());
              }
            });
    running.add(thread);
    thread.start();
    return thread;
  }

  /** Waits for all that run now. */
  void join() {
    for (Thread thread : Set.copyOf(running)) {
      join(thread);
    }
  }

  void interruptAndJoin() {
    running.forEach(Thread::interrupt);
    join();
  }

  static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for " + thread.getName(), e);
    }
  }
}
