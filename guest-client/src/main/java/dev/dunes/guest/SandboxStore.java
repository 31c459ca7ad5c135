package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The sandboxes a provider has on this machine: a directory of {@link SandboxDirectory}s that any
 * process of the user can look into. There is no daemon; the directory is all there is.
 */
public final class SandboxStore {
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY = permissions("rwx------");
  static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE = permissions("rw-------");

  /** Others may pass through, towards what a provider opens to them, but not look around. */
  private static final FileAttribute<Set<PosixFilePermission>> PASSAGE = permissions("rwx--x--x");

  private static final Pattern ID = Pattern.compile("[a-z0-9]{12,20}");
  private static final int ID_LENGTH = 16;
  private static final String ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789";
  private static final SecureRandom RANDOM = new SecureRandom();

  /** unix(7): {@code sun_path} has 108 bytes, the last of which is NUL. */
  private static final int LONGEST_SOCKET_PATH = 107;

  private static final String SOCKET_ROOM = "/" + "x".repeat(20) + "/guest.sock";

  private final Path stateRoot;
  private final Path path;

  private SandboxStore(Path stateRoot, Path path) {
    this.stateRoot = stateRoot;
    this.path = path;
  }

  /**
   * Opens a provider's store, made when missing.
   *
   * @throws ProviderException when it cannot be written, or its path is too long for the sockets in
   *     it
   */
  public static SandboxStore open(ProviderSettings settings, String provider) {
    Path root = stateRoot(settings);
    Path path = root.resolve(requireNonNull(provider, "provider"));
    if ((path + SOCKET_ROOM).getBytes(StandardCharsets.UTF_8).length > LONGEST_SOCKET_PATH) {
      throw new ProviderException(
          "the path of the state directory is too long for sockets: " + root,
          ErrorDetails.remedy("set DUNES_STATE to a shorter path").withProvider(provider));
    }
    try {
      Files.createDirectories(path, PASSAGE);
    } catch (IOException e) {
      throw new ProviderException(
          "cannot make the state directory " + path + ": " + e.getMessage(),
          ErrorDetails.cause(e)
              .withProvider(provider)
              .withRemedy("set DUNES_STATE to a directory that can be written"));
    }
    return new SandboxStore(root, path);
  }

  /**
   * Where state is kept: the setting {@code state_dir} or else {@code DUNES_STATE}; else {@code
   * /var/lib/dunes} for root, {@code $XDG_STATE_HOME/dunes} or {@code ~/.local/state/dunes} for
   * others.
   */
  public static Path stateRoot(ProviderSettings settings) {
    return settings
        .settingOrEnv("state_dir", "DUNES_STATE")
        .map(Path::of)
        .orElseGet(
            () -> isRoot() ? Path.of("/var/lib/dunes") : userState(settings).resolve("dunes"))
        .toAbsolutePath()
        .normalize();
  }

  private static Path userState(ProviderSettings settings) {
    // XDG Base Directory Specification: a relative path there is to be ignored
    return settings
        .env("XDG_STATE_HOME")
        .map(Path::of)
        .filter(Path::isAbsolute)
        .orElseGet(() ->
            Path.of(
                settings.env("HOME").orElse(System.getProperty("user.home", "/")),
                ".local",
                "state"));
  }

  private static boolean isRoot() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status"), StandardCharsets.ISO_8859_1).stream()
          .filter(line -> line.startsWith("Uid:"))
          .anyMatch(line -> line.split("\\s+")[2].equals("0")); // real, then effective
    } catch (IOException e) {
      return false;
    }
  }

  /** The state directory that all providers share. */
  public Path stateRoot() {
    return stateRoot;
  }

  /** This provider's part of it. */
  public Path path() {
    return path;
  }

  /** An id nobody has had. */
  public static String newId() {
    StringBuilder id = new StringBuilder();
    while (id.length() < ID_LENGTH) {
      id.append(ALPHABET.charAt(RANDOM.nextInt(ALPHABET.length())));
    }
    return id.toString();
  }

  /** Makes the directory of a new sandbox, with its record, already locked by the caller. */
  public SandboxLock create(SandboxRecord first) throws IOException {
    return SandboxDirectory.create(path.resolve(first.id()), first);
  }

  /** The directory of a sandbox; empty when there is none of this id, or it cannot be one. */
  public Optional<SandboxDirectory> find(String id) {
    return ID.matcher(id).matches() && Files.isDirectory(path.resolve(id))
        ? Optional.of(new SandboxDirectory(path.resolve(id)))
        : Optional.empty();
  }

  /** All there are. */
  public List<SandboxDirectory> all() throws IOException {
    List<SandboxDirectory> found = new ArrayList<>();
    for (String name : names()) {
      find(name).ifPresent(found::add);
    }
    return found;
  }

  /**
   * Removes what processes left that were killed while they made or removed a sandbox. What a
   * process that still runs is making or removing is left alone.
   */
  public void sweep() throws IOException {
    for (String name : names()) {
      Optional<ProcessIdentity> maker = SandboxDirectory.maker(name);
      if (maker.isPresent() && !maker.get().isAlive()) {
        SandboxDirectory.deleteUnfinished(path.resolve(name));
      }
      Optional<String> removed = SandboxDirectory.removedId(name);
      if (removed.isPresent()) {
        sweepRemoved(path.resolve(name), path.resolve(removed.get()));
      }
    }
  }

  /** Removes what {@link SandboxDirectory#retire} took out of sight, unless others are at it. */
  public void removeRetired(String id) throws IOException {
    Path finished = path.resolve(id);
    sweepRemoved(SandboxDirectory.retired(finished), finished);
  }

  private static void sweepRemoved(Path removing, Path finished) throws IOException {
    if (!SandboxDirectory.hasLockFile(removing)) {
      // INVARIANT: the lock file goes last, so nobody needs what is left but to remove it, too
      SandboxDirectory.deleteUnfinished(removing);
      return;
    }
    Optional<SandboxLock> lock = SandboxDirectory.lockUnfinished(removing, finished);
    if (lock.isPresent()) {
      try {
        SandboxDirectory.deleteUnfinished(removing);
      } finally {
        lock.get().close();
      }
    }
  }

  private List<String> names() throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      entries.forEach(entry -> names.add(entry.getFileName().toString()));
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  private static FileAttribute<Set<PosixFilePermission>> permissions(String text) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(text));
  }
}
