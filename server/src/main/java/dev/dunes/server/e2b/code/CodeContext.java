package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A context: a kernel that is started when it is needed, and again after it has ended. Cells have
 * it one after another, in the order they came.
 */
final class CodeContext {
  private static final Logger LOG = LoggerFactory.getLogger(CodeContext.class);

  /** How long code that was interrupted may go on before its kernel is killed. */
  private static final Duration SETTLE = Duration.ofSeconds(10);

  private final String id = UUID.randomUUID().toString();
  private final Language language;
  private final String cwd;
  private final Semaphore turn = new Semaphore(1, true);
  private final ReentrantLock starting = new ReentrantLock();
  private volatile @Nullable Kernel kernel;
  private volatile boolean removed;
  private int count;

  CodeContext(Language language, String cwd) {
    this.language = language;
    this.cwd = cwd;
  }

  String id() {
    return id;
  }

  Language language() {
    return language;
  }

  String cwd() {
    return cwd;
  }

  /**
   * Makes sure that there is a kernel.
   *
   * @return why the last one ended, if this is another
   * @throws KernelException when there cannot be one
   */
  Optional<String> ready(Sandbox sandbox) throws InterruptedException {
    starting.lockInterruptibly();
    try {
      Kernel known = kernel;
      if (known != null && known.alive()) {
        return Optional.empty();
      }
      Kernel fresh = Kernels.start(sandbox, language, cwd);
      kernel = fresh;
      count = 0;
      if (removed) {
        fresh.kill();
      }
      return known == null ? Optional.empty() : known.epitaph();
    } finally {
      starting.unlock();
    }
  }

  /** Waits for the turn of a cell; false when others still have theirs. */
  boolean enter(Duration limit) throws InterruptedException {
    return turn.tryAcquire(limit.toMillis(), TimeUnit.MILLISECONDS);
  }

  void leave() {
    turn.release();
  }

  /** A cell that runs. */
  record Running(Kernel kernel, int count, KernelEvents events) {}

  /** Runs a cell; only for who has the turn and has made the context ready. */
  Running run(String code, Map<String, String> env) {
    starting.lock();
    try {
      Kernel now = kernel;
      if (now == null) {
        throw new IllegalStateException("not ready");
      }
      count++;
      return new Running(now, count, now.run(new Cell(count, code, env)));
    } finally {
      starting.unlock();
    }
  }

  /** Nobody listens to a cell any more: it is stopped, and then the turn is the next one's. */
  void abandon(Running running) {
    running.events().ignore();
    running.kernel().interrupt();
    Thread.ofVirtual().name("dunes-kernel-settles").start(() -> settle(running));
  }

  private void settle(Running running) {
    try {
      if (running.events().next(SETTLE).isEmpty()) {
        LOG.info("a kernel of context {} does not stop and is killed", id);
        running.kernel().kill();
        running.events().next(SETTLE);
      }
    } catch (InterruptedException e) {
      running.kernel().kill(); // nobody else interrupts this thread
    } finally {
      leave();
    }
  }

  /** Ends its kernel; a cell that runs fails. */
  void stop() {
    Kernel known = kernel;
    if (known != null) {
      known.kill();
    }
  }

  /** A new kernel in the place of the one there is. */
  void restart(Sandbox sandbox) throws InterruptedException {
    stop();
    turn.acquire();
    try {
      starting.lockInterruptibly();
      try {
        stop();
        kernel = null;
        ready(sandbox);
      } finally {
        starting.unlock();
      }
    } finally {
      leave();
    }
  }

  /** It is not to be used any more. */
  void remove() {
    removed = true;
    stop();
  }

  boolean removed() {
    return removed;
  }
}
