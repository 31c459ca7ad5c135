package dev.dunes.provider.docker;

import dev.dunes.guest.GuestConnection;
import dev.dunes.guest.GuestConnection.Role;
import dev.dunes.guest.GuestIdentity;
import dev.dunes.guest.GuestTransport;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The way to a sandbox's guest: its socket, which this machine and the container share, or a
 * program in the container that the daemon carries the bytes of.
 */
final class GuestReach {
  static final Duration GREETING_LIMIT = Duration.ofSeconds(30);
  private static final Duration START_LIMIT = Duration.ofSeconds(30);
  private static final long POLL_MILLIS = 1;

  private final Containers containers;

  GuestReach(Containers containers) {
    this.containers = containers;
  }

  /**
   * Greets a guest that may still be starting.
   *
   * @param socket the shared one, if there is one
   */
  GuestConnection first(String id, Optional<Path> socket, Role role) {
    if (socket.isEmpty()) {
      return greet(containers.connect(id), id, role);
    }
    long deadline = System.nanoTime() + START_LIMIT.toNanos();
    for (int look = 1; ; look++) {
      try {
        return greet(connect(socket.get()), id, role);
      } catch (ClosedByInterruptException e) {
        throw interrupted();
      } catch (IOException e) {
        boolean over =
            System.nanoTime() - deadline > 0
                || look % 50 == 0
                    && containers.find(id).filter(Containers.Container::alive).isEmpty();
        if (over) {
          throw new ProviderException(
              "the guest did not start in the container",
              DockerErrors.details()
                  .withCause(e)
                  .withRemedy(
                      "see the daemon's log, and whether the image is of this machine's"
                          + " architecture"));
        }
      }
      pause();
    }
  }

  /** Greets the guest of a sandbox that runs. */
  GuestConnection again(String id, Optional<Path> socket) throws IOException {
    return greet(
        socket.isPresent() ? connect(socket.get()) : containers.connect(id), id, Role.VISITOR);
  }

  private static GuestConnection greet(GuestTransport transport, String id, Role role) {
    return GuestConnection.open(
        transport, new GuestIdentity(DockerSandboxProviderFactory.NAME, id), role, GREETING_LIMIT);
  }

  private static GuestTransport connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return GuestTransport.over(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  private static void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(POLL_MILLIS); // until the guest listens
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  private static SandboxInterruptedException interrupted() {
    return new SandboxInterruptedException(
        "waiting for the guest to start", new InterruptedException());
  }
}
