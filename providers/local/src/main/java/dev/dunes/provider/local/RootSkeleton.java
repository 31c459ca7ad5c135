package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/** The directories and accounts a root file system needs before a sandbox can start in it. */
final class RootSkeleton {
  private static final List<String> MOUNT_POINTS =
      List.of("proc", "dev", "tmp", "run", "workspace", "home/user", "opt/dunes");

  private static final String PASSWD_LINE = "user:x:1000:1000:user:/home/user:/bin/sh\n";
  private static final String GROUP_LINE = "user:x:1000:\n";

  private RootSkeleton() {}

  /** Adds what is missing to the layer above a root file system. */
  static void make(Path rootfs, Path upper) throws IOException {
    for (String directory : MOUNT_POINTS) {
      if (!Files.isDirectory(rootfs.resolve(directory), LinkOption.NOFOLLOW_LINKS)) {
        Files.createDirectories(upper.resolve(directory));
      }
    }
    Path guest = upper.resolve("opt/dunes/dunes-guest");
    Files.createDirectories(guest.getParent());
    if (Files.notExists(guest)) {
      Files.createFile(guest);
    }
    account(rootfs, upper, "etc/passwd", PASSWD_LINE);
    account(rootfs, upper, "etc/group", GROUP_LINE);
  }

  /** Without overlays nothing can be added, so everything must be there. */
  static void require(Path rootfs) {
    List<String> missing =
        MOUNT_POINTS.stream()
            .filter(directory -> !Files.isDirectory(rootfs.resolve(directory), LinkOption.NOFOLLOW_LINKS))
            .toList();
    if (!missing.isEmpty()) {
      throw new InvalidRequestException(
          "image",
          "image: '%s' lacks the directories %s".formatted(rootfs, String.join(", ", missing)),
          ErrorDetails.remedy("make them, or run as root, where an overlay adds them"));
    }
    if (Files.notExists(rootfs.resolve("opt/dunes/dunes-guest"))) {
      throw new InvalidRequestException(
          "image",
          "image: '%s' lacks the empty file opt/dunes/dunes-guest".formatted(rootfs),
          ErrorDetails.remedy("make it, or run as root, where an overlay adds it"));
    }
  }

  private static void account(Path rootfs, Path upper, String name, String line) throws IOException {
    Path source = rootfs.resolve(name);
    Path target = upper.resolve(name);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        || Files.isSymbolicLink(source)
        || Files.isSymbolicLink(java.util.Objects.requireNonNull(source.getParent()))) {
      return;
    }
    String text = Files.isRegularFile(source) ? Files.readString(source, java.nio.charset.StandardCharsets.ISO_8859_1) : "";
    if (text.lines().anyMatch(each -> each.startsWith("user:") || each.contains(":1000:"))) {
      return;
    }
    Files.createDirectories(java.util.Objects.requireNonNull(target.getParent()));
    String separator = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
    Files.writeString(target, text + separator + line, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
