package dev.dunes.hosting;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.hosting.SandboxCondition.Phase;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.Sandboxes;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The way to the sandboxes of an account: to change one, or to use one that runs. */
final class Access {
  private final Supplier<Sandboxes> sandboxes;
  private final Lifecycle lifecycle;
  private final Watch watch;
  private final Residents residents;
  private final Graves graves;

  Access(
      Supplier<Sandboxes> sandboxes,
      Lifecycle lifecycle,
      Watch watch,
      Residents residents,
      Graves graves) {
    this.sandboxes = sandboxes;
    this.lifecycle = lifecycle;
    this.watch = watch;
    this.residents = residents;
    this.graves = graves;
  }

  Entry entry(Account account, String id) {
    return residents.find(account.id(), id).orElseThrow(() -> notFound(account.id(), id));
  }

  HostingException notFound(String account, String id) {
    return new HostingException(
        Reason.NOT_FOUND,
        "sandbox '%s' was not found (%s)".formatted(id, graves.epitaph(account, id)));
  }

  /** Changes one that is there, while nobody else does. */
  HostedSandbox change(Account account, String id, Consumer<Entry> change) {
    Entry entry = entry(account, id);
    try {
      return Unbroken.run(() -> {
        entry.lock.lock();
        try {
          if (entry.condition().phase() == Phase.ENDING) {
            throw notFound(account.id(), id);
          }
          change.accept(entry);
          return entry.view();
        } finally {
          watch.look(entry);
          entry.lock.unlock();
        }
      });
    } catch (SandboxException e) {
      throw failed(entry, e).orElseGet(() -> Maker.failure(e));
    }
  }

  /** Ends one. */
  void kill(Account account, String id) {
    Entry entry = entry(account, id);
    boolean ended =
        Unbroken.run(() -> {
          entry.lock.lock();
          try {
            boolean first = lifecycle.end(entry, "killed");
            if (first && !lifecycle.remove(entry)) {
              watch.look(entry);
            }
            return first;
          } finally {
            entry.lock.unlock();
          }
        });
    if (!ended) {
      throw notFound(account.id(), id);
    }
  }

  /** Ends a pause, within what the account may run; only for the holder of the lock. */
  void wake(Account account, Entry entry, Duration least) {
    residents.reserve(account);
    boolean arrived = false;
    try {
      lifecycle.resume(entry, least);
      arrived = true;
    } finally {
      if (!arrived) {
        residents.cancelled(account.id());
      }
    }
  }

  <T> T use(Account account, String id, Hosting.Use<T> work) throws InterruptedException {
    Entry entry = entry(account, id);
    Sandbox sandbox = enter(account, entry);
    try {
      return work.with(
          new OpenSandbox(
              entry.view(), sandbox, entry.processes, entry.attachments(), entry.order.envs()));
    } catch (SandboxException e) {
      Optional<HostingException> known = failed(entry, e);
      if (known.isPresent()) {
        throw known.get();
      }
      throw e;
    } finally {
      leave(entry);
    }
  }

  private Sandbox enter(Account account, Entry entry) throws InterruptedException {
    while (true) {
      entry.lock.lockInterruptibly();
      try {
        SandboxCondition condition = entry.condition();
        switch (condition.phase()) {
          case RUNNING -> {
            Sandbox sandbox = lifecycle.handle(entry);
            entry.enter();
            return sandbox;
          }
          case ENDING -> throw notFound(entry.order.account(), entry.order.id());
          case FROZEN, STORED -> {
            if (!condition.wakes()) {
              throw paused(entry);
            }
          }
        }
      } catch (SandboxException e) {
        throw failed(entry, e).orElseGet(() -> Maker.failure(e));
      } finally {
        entry.lock.unlock();
      }
      change(
          account,
          entry.order.id(),
          same -> {
            if (!same.running()) {
              Duration left = same.condition().remaining();
              wake(account, same, left.toSeconds() > 0 ? left : same.order.timeout());
            }
          });
    }
  }

  private void leave(Entry entry) {
    entry.lock.lock();
    try {
      entry.leave();
      if (!entry.order.idle().isZero()) {
        watch.look(entry);
      }
    } finally {
      entry.lock.unlock();
    }
  }

  private static HostingException paused(Entry entry) {
    return new HostingException(
        Reason.PAUSED,
        "sandbox '%s' is paused; POST /sandboxes/%s/connect resumes it"
            .formatted(entry.order.id(), entry.order.id()));
  }

  /** What a failure means when the sandbox is not there any more, or paused. */
  private Optional<HostingException> failed(Entry entry, SandboxException e) {
    SandboxCondition condition = entry.condition();
    if (condition.paused()) {
      return Optional.of(paused(entry));
    }
    if (condition.phase() == Phase.RUNNING && !gone(entry)) {
      return Optional.empty();
    }
    entry.lock.lock();
    try {
      if (entry.running()) {
        boolean late = !entry.condition().endAt().isAfter(Instant.now());
        lifecycle.end(entry, late ? "expired" : "ended by itself");
        watch.look(entry);
      }
    } finally {
      entry.lock.unlock();
    }
    HostingException lost = notFound(entry.order.account(), entry.order.id());
    lost.addSuppressed(e);
    return Optional.of(lost);
  }

  private boolean gone(Entry entry) {
    SandboxCondition condition = entry.condition();
    try {
      Sandboxes all = sandboxes.get();
      Optional<Sandbox> found = all.get(condition.provider(), condition.providerId());
      return found.isEmpty() || found.get().state() == SandboxState.TERMINATED;
    } catch (SandboxException e) {
      return false; // not known: then it is not said either
    }
  }
}
