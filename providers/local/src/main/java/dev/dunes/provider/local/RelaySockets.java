package dev.dunes.provider.local;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Brings the host's sockets to a sandbox. One made by root is mostly nothing its user id could
 * reach or connect to, and shall stay so for all others: it is lent by a mount of the sandbox's own
 * in which the sandbox's user owns it.
 */
final class RelaySockets {
  private final Map<HostRelay, Path> sources =
      new TreeMap<>(java.util.Comparator.comparingInt(HostRelay::port));
  private final List<String> launcher = new ArrayList<>();

  /**
   * @param uid the host's user id for the sandbox; −1 when it runs under this process's own
   */
  RelaySockets(List<HostRelay> relays, SandboxPaths paths, int uid) {
    try {
      for (HostRelay relay : relays) {
        if (relay.lasting()) {
          sources.put(relay, directory(relay, paths, uid));
          continue;
        }
        if (!Files.exists(relay.socket())) {
          continue; // connections to its port are reset, as if whatever listened there had gone
        }
        sources.put(
            relay, uid <= 0 || open(relay.socket()) ? relay.socket() : lent(relay, paths, uid));
      }
    } catch (IOException e) {
      throw new ProviderException(
          "cannot use the sockets of relays: " + e.getMessage(), ErrorDetails.cause(e));
    }
  }

  /** Its directory, in which a later socket is found, too. */
  private Path directory(HostRelay relay, SandboxPaths paths, int uid) throws IOException {
    Path directory = requireNonNull(relay.socket().getParent()).toRealPath();
    if (uid <= 0) {
      return directory;
    }
    Path target = Files.createDirectories(paths.mounts()).resolve(relay.port() + ".relay");
    launcher.addAll(List.of("--bind", "%s|%s|%d|%d".formatted(directory, target, uid, uid)));
    return target;
  }

  private Path lent(HostRelay relay, SandboxPaths paths, int uid) throws IOException {
    Path target = Files.createDirectories(paths.mounts()).resolve(relay.port() + ".sock");
    launcher.addAll(
        List.of("--bind", "%s|%s|%d|%d".formatted(relay.socket().toRealPath(), target, uid, uid)));
    return target;
  }

  /** Options for {@code dunes-guest launch}. */
  List<String> launcherOptions() {
    return List.copyOf(launcher);
  }

  /** What bubblewrap finds each of them at; of a lasting one, its directory. */
  Map<HostRelay, Path> sources() {
    return sources;
  }

  /** Whether everyone may connect. */
  private static boolean open(Path socket) throws IOException {
    Path real = socket.toRealPath();
    boolean open = Files.getPosixFilePermissions(real).contains(PosixFilePermission.OTHERS_WRITE);
    for (Path above = real.getParent(); above != null && open; above = above.getParent()) {
      open = Files.getPosixFilePermissions(above).contains(PosixFilePermission.OTHERS_EXECUTE);
    }
    return open;
  }
}
