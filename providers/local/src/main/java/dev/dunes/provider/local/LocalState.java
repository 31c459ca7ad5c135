package dev.dunes.provider.local;

import dev.dunes.guest.GuestBinary;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.CRC32;

/**
 * The state directory: what all sandboxes of a user on this machine share. Its directories can be
 * passed through but not read by the sandboxes' user ids, which is all bubblewrap needs.
 */
final class LocalState {
  private final Path root;
  private final boolean onOverlay;
  private final Path guest;
  private final Path seccomp;
  private final String tag;
  private final HostUids uids;
  private final Map<Boolean, Path> etc = new ConcurrentHashMap<>();

  private LocalState(Path root, Path guest, Path seccomp) throws IOException {
    this.root = root;
    this.onOverlay = Files.getFileStore(root).type().startsWith("overlay");
    this.guest = guest;
    this.seccomp = seccomp;
    this.tag = tag(root);
    this.uids = HostUids.in(root.resolve("uids"), tag);
  }

  static LocalState open(Path root) {
    try {
      Files.createDirectories(root);
      for (String name : new String[] {"", "snapshots", "images", "share", "bin", "uids"}) {
        Path directory = Files.createDirectories(root.resolve(name));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      }
      return new LocalState(
          root, GuestBinary.install(root.resolve("bin")), filter(root.resolve("share")));
    } catch (IOException e) {
      throw new ProviderException(
          "cannot use the state directory " + root + ": " + e.getMessage(),
          ErrorDetails.cause(e)
              .withRemedy("make it writable, or set DUNES_STATE to a directory that is"));
    }
  }

  private static Path filter(Path directory) throws IOException {
    byte[] program = SeccompFilter.compile(SyscallTable.of(GuestBinary.architecture()));
    CRC32 crc = new CRC32();
    crc.update(program);
    Path file =
        directory.resolve("seccomp-" + HexFormat.of().toHexDigits(crc.getValue(), 8) + ".bpf");
    if (!Files.exists(file)) {
      Path part = Files.createTempFile(directory, ".seccomp-", ".part");
      Files.write(part, program);
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE);
    }
    return file;
  }

  Path root() {
    return root;
  }

  /** Tells this state directory apart from others on the machine. */
  String tag() {
    return tag;
  }

  private static String tag(Path root) {
    CRC32 crc = new CRC32();
    crc.update(root.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8));
    return HexFormat.of().toHexDigits(crc.getValue(), 8);
  }

  /** The guest program, executable by every sandbox. */
  Path guest() {
    return guest;
  }

  /** The system call filter, compiled. */
  Path seccomp() {
    return seccomp;
  }

  /** The /etc of the host view. */
  Path etc(boolean network) {
    return etc.computeIfAbsent(
        network, net -> new EtcView(Path.of("/etc")).in(root.resolve("share"), net));
  }

  /**
   * Looks at the host's /etc again when the next sandbox is made: certificates and loader caches
   * change.
   */
  void refresh() {
    etc.clear();
  }

  /**
   * Whether overlays can be mounted over directories in here: by root, and not on another overlay.
   */
  boolean overlays(LocalHost host) {
    return host.root() && !onOverlay;
  }

  /** What sandboxes have in common and only read. */
  Path share() {
    return root.resolve("share");
  }

  Path snapshots() {
    return root.resolve("snapshots");
  }

  Path images() {
    return root.resolve("images");
  }

  HostUids uids() {
    return uids;
  }
}
