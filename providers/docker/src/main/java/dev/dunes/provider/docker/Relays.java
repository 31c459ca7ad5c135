package dev.dunes.provider.docker;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;

/**
 * Brings the host's sockets to a sandbox: by a read-only mount where its user may connect to them,
 * else by a socket of this program's that goes on to them.
 */
final class Relays implements Closeable {
  private static final String INSIDE = ContainerRequest.INSIDE + "/relay/";

  private final List<SocketForward> forwards = new ArrayList<>();

  /** Adds the mounts; what it opens is closed when it fails. */
  static Relays prepare(
      SandboxSpec spec, ContainerRequest request, SandboxPlace place, boolean powerful)
      throws IOException {
    Relays relays = new Relays();
    boolean complete = false;
    try {
      for (HostRelay relay : spec.relays()) {
        relays.add(relay, spec, request, place, powerful);
      }
      complete = true;
      return relays;
    } finally {
      if (!complete) {
        relays.close();
      }
    }
  }

  private void add(
      HostRelay relay,
      SandboxSpec spec,
      ContainerRequest request,
      SandboxPlace place,
      boolean powerful)
      throws IOException {
    String inside = INSIDE + relay.port();
    if (!relay.lasting() && !Files.exists(relay.socket())) {
      request.relay(relay.port(), inside); // connections are reset, as if what listened had gone
    } else if (!powerful && !open(relay)) {
      refuseIfDetached(spec);
      Path socket = directory(place).resolve(relay.port() + ".sock");
      forwards.add(SocketForward.listen(socket, relay.socket()));
      request.bind(socket, inside, true);
      request.relay(relay.port(), inside);
    } else if (relay.lasting()) {
      request.bind(requireNonNull(relay.socket().getParent()).toRealPath(), inside, true);
      request.relay(relay.port(), inside + "/" + requireNonNull(relay.socket().getFileName()));
    } else {
      request.bind(relay.socket().toRealPath(), inside, true);
      request.relay(relay.port(), inside);
    }
  }

  private static void refuseIfDetached(SandboxSpec spec) {
    if (spec.detached()) {
      throw new UnsupportedCapabilityException(
          "relays: the sandbox's user may not connect to the socket, and a detached sandbox outlives"
              + " the program that could lend it",
          DockerErrors.details()
              .withRemedy(
                  "let the sandbox run as root (providerConfig user=root), or let others write to"
                      + " the socket"));
    }
  }

  /** Whether any user can connect to it, once it is in sight. */
  private static boolean open(HostRelay relay) throws IOException {
    return Files.exists(relay.socket())
        && Files.getPosixFilePermissions(relay.socket()).contains(PosixFilePermission.OTHERS_WRITE)
        && (!relay.lasting()
            || Files.getPosixFilePermissions(requireNonNull(relay.socket().getParent()))
                .contains(PosixFilePermission.OTHERS_EXECUTE));
  }

  private static Path directory(SandboxPlace place) throws IOException {
    if (!Files.isDirectory(place.relays())) {
      Files.createDirectory(
          place.relays(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    return place.relays();
  }

  @Override
  public void close() {
    forwards.forEach(SocketForward::close);
  }
}
