package dev.dunes.hosting;

import dev.dunes.hosting.SandboxCondition.Phase;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A sandbox that is looked after. What changes is guarded by its lock, unless it is volatile. */
final class Entry {
  final SandboxOrder order;
  final Processes processes = new Processes();

  /** Held while the condition changes. */
  final ReentrantLock lock = new ReentrantLock();

  private volatile SandboxCondition condition;
  private volatile Optional<EgressRules> egress;
  private volatile Egress.@Nullable Way way;
  private volatile @Nullable Sandbox handle;
  private volatile Attachments attachments = new Attachments();
  private int users;
  private Instant lastUsed = Instant.now();
  private boolean expirySaid;
  private volatile @Nullable ScheduledFuture<?> timer;

  Entry(SandboxOrder order, SandboxCondition condition, Optional<EgressRules> egress) {
    this.order = order;
    this.condition = condition;
    this.egress = egress;
  }

  /** What it may reach; empty for the provider's default. */
  Optional<EgressRules> egress() {
    return egress;
  }

  void egress(EgressRules now) {
    egress = Optional.of(now);
  }

  /** Its way out, while this server has it open. */
  Optional<Egress.Way> way() {
    return Optional.ofNullable(way);
  }

  /** Its way out from now on; the one before is closed. */
  void way(Optional<Egress.Way> now) {
    Egress.Way before = way;
    way = now.orElse(null);
    if (before != null) {
      before.close();
    }
  }

  SandboxCondition condition() {
    return condition;
  }

  void condition(SandboxCondition now) {
    condition = now;
  }

  boolean running() {
    return condition.phase() == Phase.RUNNING;
  }

  Optional<Sandbox> handle() {
    return Optional.ofNullable(handle);
  }

  void handle(@Nullable Sandbox now) {
    if (handle != now) {
      attachments = new Attachments();
    }
    handle = now;
  }

  Attachments attachments() {
    return attachments;
  }

  void timer(@Nullable ScheduledFuture<?> next) {
    ScheduledFuture<?> old = timer;
    timer = next;
    if (old != null) {
      old.cancel(false);
    }
  }

  // ---- use; only for the holder of the lock ----

  void enter() {
    users++;
    lastUsed = Instant.now();
  }

  void leave() {
    users--;
    lastUsed = Instant.now();
  }

  void touch() {
    lastUsed = Instant.now();
  }

  /** When it is to be suspended if nobody uses it; empty when somebody does, or it never is. */
  Optional<Instant> idleAt() {
    return users > 0 || order.idle().isZero()
        ? Optional.empty()
        : Optional.of(lastUsed.plus(order.idle()));
  }

  /** Whether this is the first time since its end was set. */
  boolean sayExpiry() {
    boolean first = !expirySaid;
    expirySaid = true;
    return first;
  }

  boolean expirySaid() {
    return expirySaid;
  }

  void forgetExpiry() {
    expirySaid = false;
  }

  /** What clients are shown. */
  HostedSandbox view() {
    SandboxCondition now = condition;
    Optional<HostedSandbox.PauseKind> paused =
        switch (now.phase()) {
          case FROZEN -> Optional.of(HostedSandbox.PauseKind.MEMORY);
          case STORED -> Optional.of(HostedSandbox.PauseKind.DISK);
          case RUNNING, ENDING -> Optional.empty();
        };
    Duration left = Duration.between(Instant.now(), now.endAt());
    return new HostedSandbox(
        order.id(),
        order.account(),
        order.template(),
        order.alias(),
        paused,
        now.wakes(),
        order.startedAt(),
        now.endAt(),
        now.paused() ? now.remaining() : left.isNegative() ? Duration.ZERO : left,
        order.cpuCores(),
        order.memoryMb(),
        order.diskMb(),
        order.metadata(),
        order.pauseAtEnd(),
        order.autoResume(),
        order.accessToken(),
        now.provider(),
        order.network().isPresent() || egress.isPresent(),
        egress,
        order.trafficToken(),
        order.maskHost(),
        order.httpsPorts().orElse(List.of()),
        order.mounted(),
        order.workingDir());
  }
}
