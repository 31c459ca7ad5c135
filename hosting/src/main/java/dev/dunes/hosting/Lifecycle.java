package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.SandboxCondition.Phase;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.VolumeMount;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done to a sandbox that is there: paused, resumed, given more time, ended. Each is done as
 * a whole or not at all, and written down. The provider's own deadline is always a little later
 * than ours: it ends what a server that was killed cannot end.
 */
final class Lifecycle {
  private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

  /** How much later a provider ends what this server ends. */
  private static final Duration AFTER_END = Duration.ofSeconds(10);

  /** How long a sandbox that is to be paused waits for a server that can do it. */
  private static final Duration AFTER_PAUSE = Duration.ofMinutes(10);

  private final Supplier<Sandboxes> sandboxes;
  private final Maker maker;
  private final Ways ways;
  private final Ledger ledger;
  private final Residents residents;
  private final EventLog events;
  private final Graves graves;
  private final Volumes volumes;
  private final Duration pausedFor;

  Lifecycle(
      Supplier<Sandboxes> sandboxes,
      Maker maker,
      Ways ways,
      Ledger ledger,
      Residents residents,
      EventLog events,
      Graves graves,
      Volumes volumes,
      Duration pausedFor) {
    this.sandboxes = sandboxes;
    this.maker = maker;
    this.ways = ways;
    this.ledger = ledger;
    this.residents = residents;
    this.events = events;
    this.graves = graves;
    this.volumes = volumes;
    this.pausedFor = pausedFor;
  }

  /**
   * Makes a sandbox for which a place is reserved.
   *
   * @param egress what it may reach; else what is usual
   */
  Entry create(SandboxOrder order, Optional<String> image, Optional<EgressRules> egress) {
    String provider = maker.provider();
    boolean done = false;
    try {
      Entry entry = create(order, provider, image, ways.ofNew(provider, egress));
      done = true;
      return entry;
    } finally {
      if (!done) {
        volumes.leave(order);
      }
    }
  }

  private Entry create(
      SandboxOrder order, String provider, Optional<String> image, Optional<EgressRules> egress) {
    Made made = make(order, provider, order.timeout(), image, egress);
    Sandbox sandbox = made.sandbox();
    Entry entry =
        new Entry(
            order,
            SandboxCondition.running(provider, sandbox.id(), inFuture(order.timeout())),
            egress);
    entry.way(made.way());
    try {
      keep(entry, entry.condition());
    } catch (RuntimeException e) {
      entry.way(Optional.empty());
      sandbox.destroy();
      throw e;
    }
    entry.handle(sandbox);
    residents.arrived(entry, entry.condition());
    say(entry, HostingEvent.Type.CREATED, Map.of());
    return entry;
  }

  /** A sandbox and its way out, if it has one. */
  private record Made(Sandbox sandbox, Optional<Egress.Way> way) {}

  private Made make(
      SandboxOrder order,
      String provider,
      Duration left,
      Optional<String> image,
      Optional<EgressRules> egress) {
    List<VolumeMount> mounts = volumes.enter(order);
    Ways.Network network = ways.open(order, provider, egress);
    boolean done = false;
    try {
      Sandbox sandbox =
          maker.make(order, provider, atProvider(order, left), image, network, mounts);
      trust(sandbox, network);
      done = true;
      return new Made(sandbox, network.way());
    } finally {
      if (!done) {
        network.close();
      }
    }
  }

  /** A sandbox that cannot trust its way out is not there. */
  private static void trust(Sandbox sandbox, Ways.Network network) {
    Optional<String> authority = network.way().flatMap(Egress.Way::authority);
    if (authority.isEmpty()) {
      return;
    }
    boolean trusts = false;
    try {
      Trust.in(sandbox, authority.get());
      trusts = true;
    } finally {
      if (!trusts) {
        sandbox.destroy();
      }
    }
  }

  /**
   * A sandbox that nobody looks after.
   *
   * @param way out of it, which is to be closed with it
   * @param offline why it reaches nothing, and what to do about that; empty when it does
   */
  record Passing(Sandbox sandbox, Optional<Egress.Way> way, Optional<String> offline) {}

  /** Makes one to build a template in. It reaches what a new sandbox reaches. */
  Passing passing(SandboxOrder order, Duration lifetime, Optional<String> image) {
    String provider = maker.provider();
    Ways.Network network = ways.open(order, provider, ways.ofNew(provider, Optional.empty()));
    boolean done = false;
    try {
      Sandbox sandbox = maker.passing(order, provider, lifetime, image, network);
      trust(sandbox, network);
      done = true;
      return new Passing(sandbox, network.way(), ways.whyOffline(provider, network));
    } finally {
      if (!done) {
        network.close();
      }
    }
  }

  /** The sandbox itself, looked up when this server has not made it. */
  Sandbox handle(Entry entry) {
    Optional<Sandbox> known = entry.handle();
    if (known.isPresent()) {
      return known.get();
    }
    SandboxCondition now = entry.condition();
    Sandbox found =
        sandboxes
            .get()
            .get(now.provider(), now.providerId())
            .orElseThrow(() -> sandboxes.get().provider(now.provider()).notFound(now.providerId()));
    entry.handle(found);
    return found;
  }

  /**
   * Pauses; only for the holder of the lock.
   *
   * @param memory whether processes must be kept, must not, or either will do
   * @param remaining what is left of its time; it is not used up while it is paused
   * @param wakes whether the next request ends the pause
   */
  void pause(Entry entry, Optional<Boolean> memory, Duration remaining, boolean wakes) {
    if (!entry.running()) {
      throw new HostingException(
          Reason.ALREADY_PAUSED,
          "Error pausing sandbox - sandbox '%s' is already paused".formatted(entry.order.id()));
    }
    Sandbox sandbox = handle(entry);
    boolean frozen =
        memory.orElseGet(() -> sandbox.pausing().isPresent()) && sandbox.pausing().isPresent();
    if (memory.orElse(false) && !frozen) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "provider '%s' cannot keep processes while a sandbox is paused; pause it with {\"memory\":false}"
              .formatted(sandbox.provider()));
    }
    if (frozen) {
      freeze(entry, sandbox, remaining, wakes);
    } else {
      store(entry, sandbox, remaining, wakes);
    }
    say(entry, HostingEvent.Type.PAUSED, execution(entry));
  }

  private void freeze(Entry entry, Sandbox sandbox, Duration remaining, boolean wakes) {
    SandboxCondition before = entry.condition();
    sandbox.renew(pausedFor);
    boolean done = false;
    try {
      sandbox.pause();
      SandboxCondition after = before.frozen(now(), remaining, wakes);
      keep(entry, after);
      entry.condition(after);
      done = true;
    } finally {
      if (!done) {
        goOn(entry, sandbox, before);
      }
    }
  }

  private void store(Entry entry, Sandbox sandbox, Duration remaining, boolean wakes) {
    if (sandbox.forking().isEmpty()) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "provider '%s' cannot keep the files of a sandbox that is paused"
              .formatted(sandbox.provider()));
    }
    SandboxCondition before = entry.condition();
    Optional<Snapshot> snapshot = Optional.empty();
    boolean done = false;
    try {
      // Nothing is written after the snapshot was taken.
      sandbox.pausing().ifPresent(Pausing::pause);
      snapshot = Optional.of(sandbox.snapshot());
      SandboxCondition after = before.stored(snapshot.get().id(), now(), remaining, wakes);
      keep(entry, after);
      entry.condition(after);
      done = true;
    } finally {
      if (!done) {
        snapshot.ifPresent(saved -> deleteSnapshot(before.provider(), saved.id()));
        goOn(entry, sandbox, before);
      }
    }
    entry.handle(null);
    entry.way(Optional.empty());
    try (sandbox) {
      sandbox.destroy();
    } catch (SandboxException e) {
      LOG.warn("{} is paused; what ran is ended later", entry.order.id(), e);
    }
  }

  /** A pause has failed: everything is as it was. */
  private void goOn(Entry entry, Sandbox sandbox, SandboxCondition before) {
    try {
      sandbox.pausing().ifPresent(Pausing::resume);
      sandbox.renew(atProvider(entry.order, Duration.between(Instant.now(), before.endAt())));
    } catch (SandboxException e) {
      LOG.warn("{} could not be paused, and not be brought back", entry.order.id(), e);
    }
  }

  /**
   * Ends a pause, for which a place is reserved; only for the holder of the lock.
   *
   * @param least how long it has at least from now on
   */
  void resume(Entry entry, Duration least) {
    SandboxCondition before = entry.condition();
    Duration left = before.remaining().compareTo(least) > 0 ? before.remaining() : least;
    Sandbox sandbox = before.phase() == Phase.FROZEN ? thaw(entry, left) : restore(entry, left);
    SandboxCondition after =
        SandboxCondition.running(before.provider(), sandbox.id(), inFuture(left));
    boolean written = false;
    try {
      keep(entry, after);
      written = true;
    } finally {
      if (!written) {
        pauseAgain(entry, sandbox, before);
      }
    }
    entry.handle(sandbox);
    entry.forgetExpiry();
    entry.touch();
    residents.arrived(entry, after);
    before.snapshot().ifPresent(saved -> deleteSnapshot(before.provider(), saved));
    say(entry, HostingEvent.Type.RESUMED, Map.of());
  }

  /** The end of a pause could not be written down: everything is as it was. */
  private void pauseAgain(Entry entry, Sandbox sandbox, SandboxCondition before) {
    try {
      if (before.phase() == Phase.FROZEN) {
        sandbox.renew(pausedFor);
        sandbox.pause();
      } else {
        entry.way(Optional.empty());
        try (sandbox) {
          sandbox.destroy();
        }
      }
    } catch (SandboxException e) {
      LOG.warn("{} could not be resumed, and not be paused again", entry.order.id(), e);
    }
  }

  private Sandbox thaw(Entry entry, Duration left) {
    Sandbox sandbox = handle(entry);
    sandbox.resume();
    boolean done = false;
    try {
      sandbox.renew(atProvider(entry.order, left));
      done = true;
      return sandbox;
    } finally {
      if (!done) {
        sandbox.pause();
      }
    }
  }

  private Sandbox restore(Entry entry, Duration left) {
    SandboxCondition now = entry.condition();
    Snapshot saved = new Snapshot(now.snapshot().orElseThrow(), now.provider(), now.endAt());
    Made made = make(entry.order, now.provider(), left, Optional.of(saved.image()), entry.egress());
    entry.way(made.way());
    return made.sandbox();
  }

  /** Sets when its time is over; only for the holder of the lock. */
  void renew(Entry entry, Duration fromNow) {
    SandboxCondition before = entry.condition();
    SandboxCondition after;
    if (before.paused()) {
      after = before.withRemaining(fromNow);
    } else {
      handle(entry).renew(atProvider(entry.order, fromNow));
      after = before.until(inFuture(fromNow));
    }
    keep(entry, after);
    entry.condition(after);
    entry.forgetExpiry();
    say(entry, HostingEvent.Type.UPDATED, Map.of());
  }

  /** Opens the way out again that a sandbox has from an earlier server. */
  void reopen(Entry entry, String secret) {
    SandboxCondition now = entry.condition();
    if (entry.egress().isEmpty() || now.phase() == Phase.STORED || now.phase() == Phase.ENDING) {
      return;
    }
    try {
      entry.way(ways.reopen(entry.order, now.provider(), entry.egress().get(), secret));
    } catch (RuntimeException e) {
      LOG.warn("the way out of {} could not be opened again", entry.order.id(), e);
    }
  }

  /**
   * Replaces what it may reach; only for the holder of the lock. Connections to anything else end.
   *
   * @throws HostingException when it cannot be kept to; nothing changes
   */
  void egress(Entry entry, EgressRules rules) {
    SandboxCondition now = entry.condition();
    ways.check(entry.order, rules, now.provider());
    if (entry.order.network().isEmpty()
        && entry.egress().isEmpty()
        && !ways.closedByDefault(now.provider())) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "access cannot be taken from a sandbox of provider '%s' that is there; make one with \"allow_internet_access\": false"
              .formatted(now.provider()));
    }
    boolean madeAnew = now.phase() == Phase.STORED; // and gets its way then
    if (!madeAnew && entry.way().isEmpty() && !Ways.grantsNothing(rules)) {
      throw new HostingException(
          Reason.UNSUPPORTED,
          "sandbox '%s' has no way out that could be opened: it was made without rules, or by a server that has ended since; pause it with {\"memory\":false}, set its rules, and connect"
              .formatted(entry.order.id()));
    }
    keep(entry, now, Optional.of(rules));
    entry.way().ifPresent(way -> way.change(ways.of(entry.order, rules)));
    entry.egress(rules);
  }

  /**
   * Ends a sandbox; only for the holder of the lock. Nobody sees it any more when this returns,
   * even if the provider fails: then {@link #remove} is to be tried again.
   *
   * @param why such as {@code killed}
   * @return false when it had ended already
   */
  boolean end(Entry entry, String why) {
    SandboxCondition before = entry.condition();
    if (before.phase() == Phase.ENDING) {
      return false;
    }
    graves.add(entry.order.account(), entry.order.id(), why, now());
    entry.condition(before.ending());
    entry.way(Optional.empty());
    say(entry, HostingEvent.Type.KILLED, execution(entry));
    try {
      keep(entry, entry.condition());
    } catch (HostingException e) {
      LOG.warn("the end of {} could not be written down", entry.order.id(), e);
    }
    return true;
  }

  /** Removes what is left of a sandbox that has ended; false when that has to be tried again. */
  boolean remove(Entry entry) {
    SandboxCondition now = entry.condition();
    try {
      sandboxes.get().destroy(now.provider(), now.providerId());
      now.snapshot().ifPresent(saved -> deleteSnapshot(now.provider(), saved));
      ledger.remove(entry.order.id());
      entry.handle().ifPresent(Sandbox::close);
      residents.remove(entry);
      volumes.leave(entry.order);
      return true;
    } catch (SandboxException | IOException e) {
      LOG.warn("what is left of {} is removed later", entry.order.id(), e);
      return false;
    }
  }

  private void deleteSnapshot(String provider, String id) {
    try {
      sandboxes.get().provider(provider).deleteSnapshot(id);
    } catch (SandboxException e) {
      LOG.warn("snapshot {} of {} could not be deleted", id, provider, e);
    }
  }

  private void keep(Entry entry, SandboxCondition condition) {
    keep(entry, condition, entry.egress());
  }

  private void keep(Entry entry, SandboxCondition condition, Optional<EgressRules> egress) {
    try {
      // A sandbox of this machine does not outlive a loss of power; saved files do.
      ledger.write(
          new Ledger.Kept(entry.order, condition, egress, entry.way().flatMap(Egress.Way::secret)),
          condition.phase() == Phase.STORED);
    } catch (IOException e) {
      throw new HostingException(
          Reason.UNAVAILABLE, "the server could not write down what it did: " + e.getMessage(), e);
    }
  }

  void say(Entry entry, HostingEvent.Type type, Map<String, Object> data) {
    Map<String, Object> all = new LinkedHashMap<>(data);
    all.put("sandbox_metadata", entry.order.metadata());
    events.add(
        new HostingEvent(
            Tokens.id("ev"),
            type,
            entry.order.account(),
            entry.order.id(),
            entry.order.template(),
            now(),
            all));
  }

  private static Map<String, Object> execution(Entry entry) {
    return Map.of(
        "execution",
        Map.of(
            "started_at", Timestamps.text(entry.order.startedAt()),
            "vcpu_count", entry.order.cpuCores(),
            "memory_mb", entry.order.memoryMb(),
            "execution_time", Duration.between(entry.order.startedAt(), Instant.now()).toMillis()));
  }

  private static Duration atProvider(SandboxOrder order, Duration left) {
    Duration more = left.isNegative() ? Duration.ZERO : left;
    return more.plus(order.pauseAtEnd() ? AFTER_PAUSE : AFTER_END);
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.MILLIS);
  }

  private static Instant inFuture(Duration left) {
    return now().plus(left);
  }
}
