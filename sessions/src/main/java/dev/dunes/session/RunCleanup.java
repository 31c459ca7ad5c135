package dev.dunes.session;

import dev.dunes.agent.AgentSession;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ends what a run opened: its way to the model first, then its sandbox with everything in it. Tried
 * three times; what is left then is the reaper's. Runs on the run's own thread, never on a
 * caller's.
 */
final class RunCleanup {
  private static final Logger LOG = LoggerFactory.getLogger(RunCleanup.class);
  private static final int ATTEMPTS = 3;
  private static final Duration BETWEEN = Duration.ofSeconds(1);

  private final RunServices services;
  private final LiveRun run;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable GatewayLease lease;
  private Places.@Nullable Place place;
  private @Nullable Sandbox sandbox;
  private @Nullable AgentSession agent;

  RunCleanup(RunServices services, LiveRun run) {
    this.services = services;
    this.run = run;
  }

  void opened(GatewayLease value) {
    lock.lock();
    try {
      lease = value;
    } finally {
      lock.unlock();
    }
  }

  void opened(Places.Place value) {
    lock.lock();
    try {
      place = value;
    } finally {
      lock.unlock();
    }
  }

  void opened(Sandbox value) {
    lock.lock();
    try {
      sandbox = value;
    } finally {
      lock.unlock();
    }
    services.observer().tell(o -> o.sandboxOpened(run.record(), run.start().provider()));
  }

  void opened(AgentSession value) {
    lock.lock();
    try {
      agent = value;
    } finally {
      lock.unlock();
    }
  }

  /** What the gateway counted so far. */
  double costUsd() {
    lock.lock();
    try {
      return lease == null ? 0 : lease.usage().costUsd();
    } finally {
      lock.unlock();
    }
  }

  /** Ends what is open; may be repeated. Returns whether the sandbox is gone. */
  boolean run() {
    lock.lock();
    GatewayLease leased = lease;
    Sandbox opened = sandbox;
    AgentSession session = agent;
    Places.Place from = place;
    sandbox = null;
    agent = null;
    place = null;
    lock.unlock();
    if (leased != null) {
      attempt("close the lease", leased::close);
    }
    boolean gone = opened == null || destroy(opened);
    // After the sandbox: its process is gone then, and closing has nothing to wait for.
    if (session != null) {
      attempt("close the agent", session::close);
    }
    if (from != null) {
      attempt("close the place", from::close);
    }
    if (opened != null) {
      services.observer().tell(o -> o.sandboxClosed(run.record(), run.start().provider()));
    }
    return gone;
  }

  private boolean destroy(Sandbox opened) {
    if (!run.start().limits().autoCleanup()) {
      LOG.info("sandbox {} is kept until its deadline: auto_cleanup is off", opened.id());
      return true;
    }
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      if (attempt("destroy sandbox " + opened.id(), opened::destroy)) {
        return true;
      }
      if (attempt < ATTEMPTS) {
        pause();
      }
    }
    LOG.error("sandbox {} of run {} is left to the reaper", opened.id(), run.id());
    return false;
  }

  private boolean attempt(String what, Runnable work) {
    try {
      work.run();
      return true;
    } catch (RuntimeException e) {
      LOG.warn("run {}: could not {}", run.id(), what, e);
      return false;
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN);
    } catch (InterruptedException e) {
      // Nobody interrupts a run's thread once it has ended; going on is all there is to do.
      LOG.debug("interrupted while cleaning up", e);
    }
  }
}
