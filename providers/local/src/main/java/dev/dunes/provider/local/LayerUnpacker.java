package dev.dunes.provider.local;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.spi.BoundedInput;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.util.zip.GZIPInputStream;

/**
 * Unpacks layers, one over the other. The work is done by {@code dunes-guest unpack}: Java cannot
 * make files whose names are not of the locale's encoding, and follows links by name; the guest
 * goes by descriptors and bytes.
 */
final class LayerUnpacker {
  private static final long MOST_ENTRIES = 2_000_000;
  private static final int BUFFER = 1 << 16;
  private static final int GZIP_FIRST = 0x1f;
  private static final int GZIP_SECOND = 0x8b;
  private static final int[] ZSTD = {0x28, 0xb5, 0x2f, 0xfd};

  private final Path guest;
  private final Path root;
  private final long mostBytes;
  private long bytesLeft;
  private long entriesLeft = MOST_ENTRIES;

  /**
   * @param guest the guest program
   * @param root an empty directory
   * @param mostBytes how much everything may be, uncompressed
   */
  LayerUnpacker(Path guest, Path root, long mostBytes) {
    this.guest = guest;
    this.root = root;
    this.mostBytes = mostBytes;
    this.bytesLeft = mostBytes;
  }

  /** Applies a layer of an image; what it did is only good when this returns. */
  void apply(ImageSource source, ImageManifest.Layer layer) throws IOException {
    long size =
        source
            .size(layer.name())
            .orElseThrow(
                () -> BadImage.because("its layer '%s' is missing".formatted(layer.name())));
    if (layer.size().isPresent() && layer.size().getAsLong() != size) {
      throw BadImage.because(
          "its layer '%s' has %d bytes, not %d"
              .formatted(layer.name(), size, layer.size().getAsLong()));
    }
    try (InputStream file = source.open(layer.name())) {
      Digest found = apply(file, layer.uncompressed(), "its layer " + layer.digest());
      layer.digest().check(found, "its layer '%s'".formatted(layer.name()));
    }
  }

  /** Applies what may be compressed, and tells its digest: of the stream, or of what is in it. */
  Digest apply(InputStream file, boolean uncompressed, String what) throws IOException {
    DigestInputStream raw = Digest.measuring(file);
    // Ends a bomb before it has filled the disk.
    BoundedInput bounded = new BoundedInput(decompressed(raw, what), bytesLeft, this::refuseMore);
    DigestInputStream plain = Digest.measuring(bounded);
    pipe(plain, what);
    Digest inside = Digest.ofAll(plain);
    bytesLeft -= bounded.count();
    return uncompressed ? inside : Digest.ofAll(raw);
  }

  static InputStream decompressed(InputStream in, String what) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(ZSTD.length);
    int[] magic = new int[ZSTD.length];
    for (int i = 0; i < magic.length; i++) {
      magic[i] = buffered.read();
    }
    buffered.reset();
    if (magic[0] == GZIP_FIRST && magic[1] == GZIP_SECOND) {
      return new GZIPInputStream(buffered, BUFFER);
    }
    if (java.util.Arrays.equals(magic, ZSTD)) {
      throw BadImage.because(
          what + " is compressed with zstd, which is not supported",
          "compress it with gzip: skopeo copy --dest-compress-format gzip oci:OLD oci:NEW");
    }
    return buffered;
  }

  private void pipe(InputStream tar, String what) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            guest.toString(),
            "unpack",
            "--root",
            root.toString(),
            "--most-entries",
            Long.toString(entriesLeft));
    builder.environment().clear();
    Process process = builder.start();
    try {
      boolean taken = feed(tar, process.getOutputStream());
      String said =
          new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      String counts =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII).strip();
      int status = process.waitFor();
      if (status != 0 || !taken) {
        throw refused(said, what);
      }
      entriesLeft -= Long.parseLong(counts.split(" ")[0]);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("unpacking an image", e);
    } finally {
      process.destroyForcibly();
    }
  }

  /** False when the other side has given up, and will say why. */
  private static boolean feed(InputStream tar, OutputStream to) throws IOException {
    byte[] buffer = new byte[BUFFER];
    boolean open = true;
    while (open) {
      int read = tar.read(buffer); // its failures are not the other side's
      if (read < 0) {
        break;
      }
      open = write(to, buffer, read);
    }
    return write(to, buffer, -1) && open;
  }

  private static boolean write(OutputStream to, byte[] bytes, int length) {
    try {
      if (length < 0) {
        to.close();
      } else {
        to.write(bytes, 0, length);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static RuntimeException refused(String said, String what) {
    if (said.contains("No space left") || said.contains("Disk quota")) {
      return new SandboxQuotaException(
          "no space left to unpack the image: " + said,
          ErrorDetails.remedy(
              "free some space, or set DUNES_STATE to a directory on another disk"));
    }
    return BadImage.because(
        "%s cannot be unpacked: %s"
            .formatted(what, said.isEmpty() ? "the unpacker was killed" : said));
  }

  private void refuseMore() {
    throw BadImage.because(
        "unpacked, it has more than %d MiB".formatted(mostBytes >> 20),
        "use a smaller image, or raise the setting " + ImageStore.LIMIT_SETTING);
  }
}
