package dev.dunes.hosting;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** Makes sandboxes for accounts: what was asked for becomes one that is there and can be used. */
final class Creation {
  private final Orders orders;
  private final Residents residents;
  private final BootTimes boots;
  private final Supplier<Caretaker.Started> started;

  Creation(
      Orders orders, Residents residents, BootTimes boots, Supplier<Caretaker.Started> started) {
    this.orders = orders;
    this.residents = residents;
    this.boots = boots;
    this.started = started;
  }

  HostedSandbox create(Account account, SandboxRequest request) {
    Caretaker.Started now = started.get();
    Orders.Accepted accepted = orders.accept(account, request);
    HostedSandbox made =
        make(now, account, accepted.order(), accepted.template().image(), request.egress());
    if (Beginning.needed(accepted.template().launch())) {
      begin(now.access(), account, made, accepted.template().launch());
    }
    return made;
  }

  /** What a sandbox begins with; one that cannot begin is not there. */
  private static void begin(
      Access access, Account account, HostedSandbox made, TemplateBuild.Launch launch) {
    boolean begun = false;
    try {
      access.use(
          account,
          made.id(),
          open -> {
            Beginning.in(open, launch);
            return open.info();
          });
      begun = true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxInterruptedException("waiting for the start of a sandbox", e);
    } catch (SandboxException e) {
      throw Maker.failure(e);
    } finally {
      if (!begun) {
        access.kill(account, made.id());
      }
    }
  }

  /** Another one of the same kind as one of the account's, with other files. */
  HostedSandbox copy(Account account, String id, Duration timeout, String image) {
    Caretaker.Started now = started.get();
    Entry of = now.access().entry(account, id);
    return make(now, account, of.order.copy(timeout), Optional.of(image), of.egress());
  }

  private HostedSandbox make(
      Caretaker.Started now,
      Account account,
      SandboxOrder order,
      Optional<String> image,
      Optional<EgressRules> egress) {
    residents.reserve(account);
    boolean[] arrived = new boolean[1];
    try {
      return Unbroken.run(() -> {
        long began = System.nanoTime();
        Entry entry = now.lifecycle().create(order, image, egress);
        arrived[0] = true;
        boots.add(order.template(), Duration.ofNanos(System.nanoTime() - began));
        now.watch().look(entry);
        return entry.view();
      });
    } catch (SandboxException e) {
      throw Maker.failure(e);
    } finally {
      if (!arrived[0]) {
        residents.cancelled(account.id());
      }
    }
  }
}
