package dev.dunes.provider.local;

import dev.dunes.guest.HostileTree;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.CRC32;

/**
 * The {@code /etc} sandboxes see in the host view: accounts, names and the few settings programs
 * need to start, copied or made anew. Nothing of the host's own {@code /etc} is mounted, so nothing
 * in it can leak. Made once and shared, read-only.
 */
final class EtcView {
  /**
   * Copied when they are there: loader, certificates, alternatives, languages' own settings. Never
   * keys.
   */
  private static final List<String> COPIED =
      List.of(
          "alternatives",
          "bash.bashrc",
          "ca-certificates.conf",
          "debian_version",
          "fonts",
          "host.conf",
          "inputrc",
          "ld.so.cache",
          "ld.so.conf",
          "ld.so.conf.d",
          "localtime",
          "lsb-release",
          "magic",
          "matplotlibrc",
          "mime.types",
          "pki/ca-trust/extracted",
          "pki/tls/certs",
          "perl",
          "protocols",
          "python3",
          "python3.11",
          "python3.12",
          "python3.13",
          "services",
          "shells",
          "ssl/certs",
          "ssl/openssl.cnf",
          "terminfo",
          "timezone");

  /** Java installations under /usr/lib/jvm keep their settings here. */
  private static final List<String> COPIED_PREFIXES = List.of("java-", "ImageMagick-");

  private static final String PASSWD =
      """
      root:x:0:0:root:/root:/usr/sbin/nologin
      user:x:1000:1000:user:/home/user:/bin/bash
      nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
      """;
  private static final String GROUP = "root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n";
  private static final String HOSTS = "127.0.0.1\tlocalhost sandbox\n::1\tlocalhost\n";
  private static final String NSSWITCH =
      "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nservices: files\nprotocols: files\n";

  private static final PosixFilePermission READABLE = PosixFilePermission.OTHERS_READ;

  private final Path host;

  EtcView(Path host) {
    this.host = host;
  }

  /**
   * The directory, made below {@code parent} unless it is there for the same sources.
   *
   * @param network whether the sandbox uses the host's network and so needs its resolver
   */
  Path in(Path parent, boolean network) {
    try {
      Path ready = parent.resolve("etc-" + fingerprint() + (network ? "-net" : ""));
      if (network) {
        return build(ready.resolveSibling(ready.getFileName() + "-" + resolverPrint()), true);
      }
      return build(ready, false);
    } catch (IOException e) {
      throw new ProviderException(
          "cannot make the sandboxes' /etc below " + parent + ": " + e.getMessage(),
          ErrorDetails.cause(e));
    }
  }

  private Path build(Path ready, boolean network) throws IOException {
    if (Files.isDirectory(ready)) {
      return ready;
    }
    Path parent = java.util.Objects.requireNonNull(ready.getParent());
    Files.createDirectories(parent);
    Path part = Files.createTempDirectory(parent, ".etc-");
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwxr-xr-x"));
    try {
      for (Path source : sources()) {
        copy(source, part.resolve(host.relativize(source)));
      }
      text(part, "passwd", PASSWD);
      text(part, "group", GROUP);
      text(part, "hosts", HOSTS);
      text(part, "hostname", "sandbox\n");
      text(part, "nsswitch.conf", NSSWITCH);
      text(part, "resolv.conf", network ? Files.readString(host.resolve("resolv.conf")) : "");
      Files.createSymbolicLink(part.resolve("os-release"), Path.of("../usr/lib/os-release"));
      Files.createSymbolicLink(part.resolve("mtab"), Path.of("/proc/mounts"));
      Files.move(part, ready, StandardCopyOption.ATOMIC_MOVE);
    } catch (java.nio.file.FileSystemException e) {
      HostileTree.delete(part);
      if (!Files.isDirectory(
          ready)) { // else another process was faster, and its result is the same
        throw e;
      }
    }
    return ready;
  }

  private List<Path> sources() throws IOException {
    List<Path> found = new java.util.ArrayList<>();
    COPIED.stream().map(host::resolve).filter(Files::exists).forEach(found::add);
    try (var entries = Files.newDirectoryStream(host)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (COPIED_PREFIXES.stream().anyMatch(name::startsWith)) {
          found.add(entry);
        }
      }
    }
    return found;
  }

  /**
   * Changes when the loader's cache, the alternatives or the certificates of the host do, or what
   * is copied.
   */
  private String fingerprint() throws IOException {
    CRC32 crc = new CRC32();
    crc.update(COPIED.toString().getBytes(StandardCharsets.UTF_8));
    for (String name : List.of("ld.so.cache", "alternatives", "ssl/certs", "localtime", ".")) {
      Path path = host.resolve(name);
      if (Files.exists(path)) {
        crc.update(
            (name + Files.getLastModifiedTime(path).toMillis())
                .getBytes(java.nio.charset.StandardCharsets.UTF_8));
      }
    }
    return HexFormat.of().toHexDigits(crc.getValue(), 8);
  }

  private String resolverPrint() throws IOException {
    CRC32 crc = new CRC32();
    crc.update(Files.readAllBytes(host.resolve("resolv.conf")));
    return HexFormat.of().toHexDigits(crc.getValue(), 8);
  }

  private static void text(Path directory, String name, String contents) throws IOException {
    Path file = directory.resolve(name);
    Files.writeString(file, contents);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
  }

  /**
   * Copies what everyone may read. A link into /usr stays a link; one to elsewhere becomes what it
   * points to.
   */
  private static void copy(Path source, Path target) throws IOException {
    Files.createDirectories(java.util.Objects.requireNonNull(target.getParent()));
    if (Files.isSymbolicLink(source) || !Files.isDirectory(source)) {
      copyFile(source, target);
      return;
    }
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
              throws IOException {
            if (!Files.getPosixFilePermissions(directory).contains(READABLE)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(target.resolve(source.relativize(directory)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            copyFile(file, target.resolve(source.relativize(file)));
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static void copyFile(Path source, Path target) throws IOException {
    if (Files.isSymbolicLink(source)) {
      Path pointsTo = Files.readSymbolicLink(source);
      Path absolute = source.resolveSibling(pointsTo).normalize();
      if (absolute.startsWith("/usr") || !pointsTo.isAbsolute() && pointsTo.getNameCount() == 1) {
        Files.createSymbolicLink(target, pointsTo);
        return;
      }
    }
    if (Files.isRegularFile(source) && Files.getPosixFilePermissions(source).contains(READABLE)) {
      Files.copy(source, target, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-r--r--"));
    } else if (Files.isDirectory(source)
        && !Files.isSymbolicLink(target)
        && Files.notExists(target, LinkOption.NOFOLLOW_LINKS)) {
      copy(source.toRealPath(), target);
    }
  }
}
