package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The directories and accounts a root file system needs before a sandbox can start in it. What an
 * image has there instead, such as a link to elsewhere, is covered: bubblewrap would follow it, on
 * the host.
 */
final class RootSkeleton {
  static final String PASSWD = "etc/passwd";
  static final String GROUP = "etc/group";

  private static final List<String> MOUNT_POINTS =
      List.of("proc", "dev", "tmp", "run", "workspace", "home/user", "opt/dunes");

  private static final String PASSWD_LINE = "user:x:1000:1000:user:/home/user:/bin/sh\n";
  private static final String GROUP_LINE = "user:x:1000:\n";
  private static final long MOST_ACCOUNTS = 1 << 20;

  private RootSkeleton() {}

  /** Adds what is missing to the layer above a root file system. */
  static void make(Path rootfs, Path upper) throws IOException {
    for (String directory : MOUNT_POINTS) {
      if (!isOwnDirectory(rootfs, directory)) {
        Files.createDirectories(upper.resolve(directory));
      }
    }
    Path guest = upper.resolve(SandboxView.GUEST.substring(1));
    Files.createDirectories(Objects.requireNonNull(guest.getParent()));
    if (Files.notExists(guest)) {
      Files.createFile(guest);
    }
    for (String name : List.of(PASSWD, GROUP)) {
      Optional<String> text = accounts(rootfs, name);
      if (text.isPresent()) {
        Path target = upper.resolve(name);
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Files.writeString(target, text.get(), StandardCharsets.ISO_8859_1);
      }
    }
  }

  /**
   * What {@link #PASSWD} or {@link #GROUP} must say so that the sandbox's user has a name; empty
   * when it may stay as it is.
   */
  static Optional<String> accounts(Path rootfs, String name) throws IOException {
    Path file = rootfs.resolve(name);
    if (Files.isSymbolicLink(file) || Files.isSymbolicLink(rootfs.resolve("etc"))) {
      return Optional.empty();
    }
    boolean readable = Files.isRegularFile(file) && Files.size(file) < MOST_ACCOUNTS;
    if (Files.exists(file) && !readable) {
      return Optional.empty();
    }
    String text = readable ? Files.readString(file, StandardCharsets.ISO_8859_1) : "";
    if (text.lines().map(line -> line.split(":", 4)).anyMatch(RootSkeleton::isUser)) {
      return Optional.empty();
    }
    String line = name.equals(PASSWD) ? PASSWD_LINE : GROUP_LINE;
    return Optional.of(text + (text.isEmpty() || text.endsWith("\n") ? "" : "\n") + line);
  }

  private static boolean isUser(String[] fields) {
    return fields[0].equals("user")
        || fields.length > 2 && fields[2].equals(Integer.toString(SandboxView.USER));
  }

  /** A directory that is reached without following a link. */
  static boolean isOwnDirectory(Path root, String name) {
    Path path = root;
    for (String component : name.split("/")) {
      path = path.resolve(component);
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        return false;
      }
    }
    return true;
  }
}
