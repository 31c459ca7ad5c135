package dev.dunes.hosting;

import dev.dunes.hosting.Hosting.Connected;
import dev.dunes.hosting.HostingException.Reason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Supplier;

/** Changes sandboxes of accounts as they ask for it: pauses, times, rules of the network. */
final class Changes {
  private final Supplier<Caretaker.Started> started;

  Changes(Supplier<Caretaker.Started> started) {
    this.started = started;
  }

  HostedSandbox pause(Account account, String id, Optional<Boolean> memory) {
    Caretaker.Started now = started.get();
    return now.access()
        .change(
            account,
            id,
            entry -> {
              Duration left = Duration.between(Instant.now(), entry.condition().endAt());
              now.lifecycle()
                  .pause(
                      entry,
                      memory,
                      left.isNegative() ? Duration.ZERO : left,
                      entry.order.autoResume());
            });
  }

  HostedSandbox resume(Account account, String id, Duration least) {
    Orders.checkTimeout(account, least);
    Access access = started.get().access();
    return access.change(
        account,
        id,
        entry -> {
          if (entry.running()) {
            throw new HostingException(
                Reason.ALREADY_RUNNING, "Sandbox %s is already running".formatted(id));
          }
          access.wake(account, entry, least);
        });
  }

  Connected connect(Account account, String id, Duration least) {
    Orders.checkTimeout(account, least);
    Caretaker.Started now = started.get();
    boolean[] resumed = new boolean[1];
    HostedSandbox sandbox =
        now.access()
            .change(
                account,
                id,
                entry -> {
                  if (!entry.running()) {
                    now.access().wake(account, entry, least);
                    resumed[0] = true;
                  } else if (entry.condition().endAt().isBefore(Instant.now().plus(least))) {
                    now.lifecycle().renew(entry, least);
                  }
                });
    return new Connected(sandbox, resumed[0]);
  }

  void extend(Account account, String id, Duration least) {
    Orders.checkTimeout(account, least);
    Caretaker.Started now = started.get();
    now.access()
        .change(
            account,
            id,
            entry -> {
              if (!entry.running()) {
                throw new HostingException(
                    Reason.PAUSED, "sandbox '%s' is paused; connect resumes it".formatted(id));
              }
              if (entry.condition().endAt().isBefore(Instant.now().plus(least))) {
                now.lifecycle().renew(entry, least);
              }
            });
  }

  void setTimeout(Account account, String id, Duration fromNow) {
    Duration most = account.limits().lifetime();
    if (fromNow.compareTo(most) > 0) {
      Orders.checkTimeout(account, fromNow);
    }
    Caretaker.Started now = started.get();
    Duration left = fromNow.isNegative() ? Duration.ZERO : fromNow;
    now.access().change(account, id, entry -> now.lifecycle().renew(entry, left));
  }

  HostedSandbox egress(Account account, String id, EgressRules rules) {
    Caretaker.Started now = started.get();
    return now.access().change(account, id, entry -> now.lifecycle().egress(entry, rules));
  }
}
