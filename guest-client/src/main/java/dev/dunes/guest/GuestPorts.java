package dev.dunes.guest;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.PortAccess;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Ports of a sandbox, reached through its guest. */
final class GuestPorts implements PortAccess {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 10;

  private final Supplier<GuestConnection> guest;

  GuestPorts(Supplier<GuestConnection> guest) {
    this.guest = guest;
  }

  @Override
  public ExposedPort expose(int port) {
    return PortForward.open(guest, check(port));
  }

  @Override
  public List<Integer> listening() {
    return guest.get().call(Operation.PORTS, new PayloadWriter(), LIMIT, "ports", GuestPorts::read);
  }

  private static List<Integer> read(PayloadReader in) throws GuestProtocolException {
    int count = in.count();
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(in.u16());
    }
    return List.copyOf(ports);
  }

  @Override
  public void awaitListening(int port, Duration limit) {
    check(port);
    long deadline = System.nanoTime() + limit.toNanos();
    // nothing in the kernel announces a listener, so this asks again and again
    while (!listening().contains(port)) {
      if (System.nanoTime() - deadline > 0) {
        throw SandboxTimeoutException.after(limit);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(POLL_MILLIS);
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for port " + port, e);
      }
    }
  }

  private static int check(int port) {
    if (port < 1 || port > 65535) {
      throw InvalidRequestException.field("port", port, "a number from 1 to 65535");
    }
    return port;
  }
}
