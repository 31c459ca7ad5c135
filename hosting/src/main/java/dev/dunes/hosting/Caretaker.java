package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Takes the ledger when it is needed, goes on with the sandboxes in it, and has what looks after
 * them until it is closed. Of several servers of a directory one has the ledger.
 */
final class Caretaker {
  private final HostingConfig config;
  private final Secrets secrets;
  private final Residents residents;
  private final EventLog events;
  private final Graves graves;
  private final Volumes volumes;
  private final Ledger ledger;
  private final ReentrantLock starting = new ReentrantLock();
  private volatile @Nullable Started started;
  private volatile boolean closed;

  /** What there is once the ledger is this server's. */
  record Started(
      Lifecycle lifecycle, Watch watch, Spares spares, Access access, MetricsLog metrics) {}

  Caretaker(
      HostingConfig config,
      Secrets secrets,
      Residents residents,
      EventLog events,
      Graves graves,
      Volumes volumes) {
    this.config = config;
    this.secrets = secrets;
    this.residents = residents;
    this.events = events;
    this.graves = graves;
    this.volumes = volumes;
    this.ledger = new Ledger(config.directory());
  }

  /** Goes on with the sandboxes that an earlier server has left, if one has. */
  void startAgain() {
    if (ledger.exists()) {
      Optional<Started> unused = start();
    }
  }

  /** Empty when another server has the ledger. */
  private Optional<Started> start() {
    Started known = started;
    if (known != null || closed) {
      return Optional.ofNullable(known).filter(there -> !closed);
    }
    // A client that leaves interrupts its thread, and that would close the files of the ledger.
    return Unbroken.run(this::begin);
  }

  private Optional<Started> begin() {
    starting.lock();
    try {
      Started known = started;
      if (known != null) {
        return Optional.of(known);
      }
      if (closed || !ledger.take()) {
        return Optional.empty();
      }
      boolean done = false;
      try {
        Started now = goOn();
        started = now;
        done = true;
        return Optional.of(now);
      } finally {
        if (!done) {
          ledger.close();
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot use " + config.directory(), e);
    } finally {
      starting.unlock();
    }
  }

  /** Looks after the sandboxes there are. */
  private Started goOn() throws IOException {
    String id = ledger.id();
    Spares spares = new Spares(config.sandboxes(), config.spares(), id);
    Maker maker =
        new Maker(config.sandboxes(), config.provider(), config.limitsRequired(), id, spares);
    Lifecycle lifecycle =
        new Lifecycle(
            config.sandboxes(),
            maker,
            new Ways(
                config.egress(),
                name -> config.sandboxes().get().provider(name),
                secrets,
                config.internet()),
            ledger,
            residents,
            events,
            graves,
            volumes,
            config.pausedFor());
    Watch watch = new Watch(config.sandboxes(), lifecycle, residents, spares, id);
    ledger.read().stream()
        .sorted(Comparator.comparing(kept -> kept.order().startedAt()))
        .forEach(kept -> {
          Entry entry = new Entry(kept.order(), kept.condition(), kept.egress());
          kept.way().ifPresent(secret -> lifecycle.reopen(entry, secret));
          residents.adopt(entry);
          volumes.adopt(entry.order);
          watch.look(entry);
        });
    watch.start();
    Access access = new Access(config.sandboxes(), lifecycle, watch, residents, graves);
    MetricsLog metrics =
        new MetricsLog(config.metricsEvery(), entry -> lifecycle.handle(entry).metrics());
    return new Started(lifecycle, watch, spares, access, metrics);
  }

  /**
   * What looks after the sandboxes.
   *
   * @throws HostingException of reason {@code UNAVAILABLE} when another server has the ledger, or
   *     this is closed
   */
  Started started() {
    return start()
        .orElseThrow(() ->
            new HostingException(
                Reason.UNAVAILABLE,
                closed
                    ? "the server is shutting down"
                    : "another server looks after the sandboxes of this directory; use that one"));
  }

  /** A directory for what only waits to be put into a sandbox. */
  Path spool() {
    started();
    return ledger.spool();
  }

  /**
   * Lets go of the sandboxes and of the ledger; safe to repeat.
   *
   * @param first what ends before
   */
  void close(Runnable first) {
    starting.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      first.run();
      Started now = started;
      if (now != null) {
        now.watch().close();
        now.spares().close();
        now.metrics().close();
        residents
            .everything()
            .forEach(entry -> {
              entry.way(Optional.empty());
              entry.handle().ifPresent(Sandbox::close);
            });
      }
      ledger.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot let go of " + config.directory(), e);
    } finally {
      starting.unlock();
    }
  }
}
