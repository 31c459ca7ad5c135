package dev.dunes.provider.local;

import dev.dunes.guest.HostileTree;
import dev.dunes.guest.ProcessIdentity;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Images unpacked from archives and layouts: a directory an image, named by its digest, made under
 * another name and moved there whole. A file that was looked into before is recognised by path,
 * size and time, so that starting from it again costs two look-ups.
 */
final class ImageStore {
  /** The provider setting with the most MiB an image may have unpacked. */
  static final String LIMIT_SETTING = "image_limit_mb";

  static final long DEFAULT_LIMIT = 20L << 30;

  private static final String ROOT = "rootfs";
  private static final String CONFIG = "config";
  private static final String OWNER = "owner";
  private static final String PART = ".part-";
  private static final String SEEN = "seen";

  /**
   * How old an unfinished image that nobody has signed must be before it is certain that nobody
   * will.
   */
  private static final Duration ABANDONED = Duration.ofMinutes(1);

  private final Path directory;
  private final Path guest;
  private final long limit;

  /**
   * So that a hundred sandboxes from one new archive do not unpack it a hundred times; other
   * processes may, and the first one wins.
   */
  private final Map<String, ReentrantLock> unpacking = new ConcurrentHashMap<>();

  /**
   * @param directory where images are kept
   * @param guest the guest program, which unpacks
   * @param limit how many bytes an image may have unpacked
   */
  ImageStore(Path directory, Path guest, long limit) {
    this.directory = directory;
    this.guest = guest;
    this.limit = limit;
  }

  /**
   * How an image wants to be run whose root directory this is; directories of others want nothing.
   */
  ImageConfig configOf(Path root) throws IOException {
    return root.startsWith(directory)
        ? ImageConfig.read(root.resolveSibling(CONFIG))
        : ImageConfig.NONE;
  }

  /** An image from a directory in OCI layout. */
  UnpackedImage layout(Path layout) throws IOException {
    return ready(image(new LayoutDirectory(layout)));
  }

  /**
   * An image from an archive: OCI layout, {@code docker save}, or just a root file system; perhaps
   * compressed.
   */
  UnpackedImage archive(Path archive) throws IOException {
    String seen = Digest.of(fingerprint(archive)).hex();
    Optional<UnpackedImage> known = known(seen);
    if (known.isPresent()) {
      return known.get();
    }
    ReentrantLock lock = unpacking.computeIfAbsent(seen, each -> new ReentrantLock());
    lock.lock();
    try {
      known = known(seen);
      if (known.isPresent()) {
        return known.get();
      }
      Digest digest = open(archive);
      remember(seen, digest);
      return ready(digest);
    } finally {
      lock.unlock();
    }
  }

  private static byte[] fingerprint(Path archive) throws IOException {
    Map<String, Object> now = Files.readAttributes(archive, "unix:ino,size,lastModifiedTime,ctime");
    return (archive.toRealPath() + "|" + new TreeMap<>(now)).getBytes(StandardCharsets.UTF_8);
  }

  private Optional<UnpackedImage> known(String seen) throws IOException {
    try {
      Digest digest = Digest.parse(Files.readString(directory.resolve(SEEN).resolve(seen)));
      return isReady(digest) ? Optional.of(ready(digest)) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private boolean isReady(Digest digest) {
    return Files.isDirectory(directory.resolve(digest.hex()));
  }

  private UnpackedImage ready(Digest digest) throws IOException {
    Path image = directory.resolve(digest.hex());
    return new UnpackedImage(image.resolve(ROOT), ImageConfig.read(image.resolve(CONFIG)));
  }

  private void remember(String seen, Digest digest) throws IOException {
    Path part =
        Files.createTempFile(Files.createDirectories(directory.resolve(SEEN)), ".", ".part");
    Files.writeString(part, digest.toString());
    Files.move(part, directory.resolve(SEEN).resolve(seen), StandardCopyOption.ATOMIC_MOVE);
  }

  private Digest open(Path archive) throws IOException {
    Path part = begin();
    try {
      Path tar = plain(archive, part);
      TarIndex index = TarIndex.of(tar);
      if (OciLayout.is(index) || DockerArchive.is(index)) {
        return image(index);
      }
      return rootFileSystem(tar, part);
    } catch (ZipException | EOFException e) {
      throw BadImage.because("%s is damaged: %s".formatted(archive, e.getMessage()));
    } finally {
      HostileTree.delete(part);
    }
  }

  /** The archive itself, or a copy that is not compressed. */
  private Path plain(Path archive, Path part) throws IOException {
    try (InputStream file = Files.newInputStream(archive);
        InputStream in = LayerUnpacker.decompressed(file, archive.toString())) {
      if (!(in instanceof GZIPInputStream)) {
        return archive;
      }
      Path copy = part.resolve("archive.tar");
      try (OutputStream out = Files.newOutputStream(copy)) {
        new Section(in, limit + 1).transferTo(out);
      }
      if (Files.size(copy) > limit) {
        throw BadImage.because(
            "%s has more than %d MiB uncompressed".formatted(archive, limit >> 20),
            "raise the setting " + LIMIT_SETTING);
      }
      return copy;
    }
  }

  private Digest image(ImageSource source) throws IOException {
    ImageManifest manifest =
        OciLayout.is(source)
            ? new OciLayout(source).manifest()
            : new DockerArchive(source).manifest();
    if (isReady(manifest.digest())) {
      return manifest.digest();
    }
    ImageConfig config = ImageConfig.of(manifest.config());
    Path part = begin();
    try {
      LayerUnpacker unpacker = new LayerUnpacker(guest, part.resolve(ROOT), limit);
      for (ImageManifest.Layer layer : manifest.layers()) {
        unpacker.apply(source, layer);
      }
      return finish(part, manifest.digest(), config);
    } catch (ZipException | EOFException e) {
      throw BadImage.because("a layer of it is damaged: " + e.getMessage());
    } finally {
      HostileTree.delete(part);
    }
  }

  private Digest rootFileSystem(Path tar, Path part) throws IOException {
    try (InputStream in = Files.newInputStream(tar)) {
      Digest digest =
          new LayerUnpacker(guest, part.resolve(ROOT), limit).apply(in, false, tar.toString());
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(part.resolve(ROOT))) {
        if (!entries.iterator().hasNext()) {
          throw BadImage.because("there is nothing in " + tar);
        }
      }
      Files.deleteIfExists(part.resolve("archive.tar"));
      return finish(part, digest, ImageConfig.NONE);
    }
  }

  private Path begin() throws IOException {
    Path part = Files.createTempDirectory(directory, PART); // nobody else's until it is finished
    Files.writeString(part.resolve(OWNER), ProcessIdentity.current().toString());
    Path root = Files.createDirectory(part.resolve(ROOT));
    Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
    return part;
  }

  private Digest finish(Path part, Digest digest, ImageConfig config) throws IOException {
    config.write(part.resolve(CONFIG));
    Files.delete(part.resolve(OWNER));
    Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rwx--x--x"));
    try {
      Files.move(part, directory.resolve(digest.hex()), StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      if (!isReady(digest)) { // else another process was faster, and its result is the same
        throw e;
      }
    }
    return digest;
  }

  /** Removes what processes left that died while they unpacked. */
  static void sweep(Path images) throws IOException {
    try (DirectoryStream<Path> parts = Files.newDirectoryStream(images, PART + "*")) {
      for (Path part : parts) {
        if (abandoned(part)) {
          HostileTree.delete(part);
        }
      }
    }
  }

  private static boolean abandoned(Path part) throws IOException {
    try {
      Optional<ProcessIdentity> owner =
          ProcessIdentity.parse(Files.readString(part.resolve(OWNER)));
      if (owner.isPresent()) {
        return !owner.get().isAlive();
      }
    } catch (NoSuchFileException e) {
      // being made, being finished, or left so
    }
    try {
      return Files.getLastModifiedTime(part).toInstant().isBefore(Instant.now().minus(ABANDONED));
    } catch (NoSuchFileException e) {
      return false;
    }
  }
}
