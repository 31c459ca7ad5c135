package dev.dunes.provider.local;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of an image are inside an uncompressed tar archive. Others than an image's files
 * are not remembered.
 */
final class TarIndex implements ImageSource {
  /**
   * {@code index.json}, {@code blobs/sha256/…}; older ones: {@code manifest.json}, {@code ID.json},
   * {@code ID/layer.tar}.
   */
  private static final Pattern INTERESTING =
      Pattern.compile(
          "oci-layout|[^/]+\\.json|blobs/[^/]+/[^/]+|[^/]+/layer\\.tar|[^/]+\\.tar(\\.gz)?");

  private static final int MOST_MEMBERS = 10_000;
  private static final int MOST_HEADER = 1 << 20;

  private final Path tar;
  private final Map<String, Part> members = new HashMap<>();
  private final Map<String, String> links = new HashMap<>();

  /** Where a member's contents are. */
  private record Part(long offset, long size) {}

  private TarIndex(Path tar) {
    this.tar = tar;
  }

  static TarIndex of(Path tar) throws IOException {
    TarIndex index = new TarIndex(tar);
    try (FileChannel channel = FileChannel.open(tar);
        Measured in = new Measured(Channels.newInputStream(channel));
        TarArchiveInputStream entries = new TarArchiveInputStream(in)) {
      index.scan(entries, in);
    } catch (IOException
        | IllegalArgumentException e) { // the library's word on numbers that are none
      throw BadImage.because("%s is not a proper tar archive: %s".formatted(tar, e.getMessage()));
    }
    return index;
  }

  private void scan(TarArchiveInputStream entries, Measured in) throws IOException {
    while (true) {
      in.allow(MOST_HEADER); // the library keeps names in memory, however long
      TarArchiveEntry entry = entries.getNextEntry();
      if (entry == null) {
        return;
      }
      String name = normal(entry.getName());
      if (entry.isSparse()) {
        throw new IOException("'%s' is a sparse file".formatted(name));
      }
      if (INTERESTING.matcher(name).matches()) {
        if (members.size() + links.size() >= MOST_MEMBERS) {
          throw new IOException("more than %d files of images".formatted(MOST_MEMBERS));
        }
        if (entry.isSymbolicLink() || entry.isLink()) {
          links.put(
              name,
              entry.isLink() ? normal(entry.getLinkName()) : beside(name, entry.getLinkName()));
        } else if (entry.isFile()) {
          members.put(name, new Part(in.position(), entry.getSize()));
        }
      }
      in.allow(Long.MAX_VALUE);
      entries.transferTo(OutputStream.nullOutputStream());
    }
  }

  private static String normal(String name) {
    return name.startsWith("./") ? name.substring(2) : name;
  }

  /** Old archives keep equal layers once and point to them: {@code ../ID/layer.tar}. */
  private static String beside(String name, String target) {
    String parent = name.substring(0, name.lastIndexOf('/') + 1);
    return Path.of("/", parent + target).normalize().toString().substring(1);
  }

  @Override
  public OptionalLong size(String name) {
    Part part = find(name);
    return part == null ? OptionalLong.empty() : OptionalLong.of(part.size);
  }

  private @Nullable Part find(String name) {
    return members.get(links.getOrDefault(name, name));
  }

  @Override
  public InputStream open(String name) throws IOException {
    Part part = Objects.requireNonNull(find(name), name);
    FileChannel channel = FileChannel.open(tar);
    try {
      channel.position(part.offset);
      return new Section(Channels.newInputStream(channel), part.size);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Counts, and refuses more than was allowed. */
  private static final class Measured extends FilterInputStream {
    private static final int BUFFER = 1 << 16;

    private long position;
    private long allowed;

    Measured(InputStream in) {
      super(new BufferedInputStream(in, BUFFER));
    }

    void allow(long bytes) {
      allowed = bytes;
    }

    long position() {
      return position;
    }

    private long count(long read) throws IOException {
      if (read > 0) {
        position += read;
        allowed -= read;
      }
      if (allowed < 0) {
        throw new IOException("a header of more than " + MOST_HEADER + " bytes");
      }
      return read;
    }

    @Override
    public int read() throws IOException {
      int read = super.read();
      count(read < 0 ? 0 : 1);
      return read;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      return (int) count(super.read(bytes, offset, length));
    }

    @Override
    public long skip(long bytes) throws IOException {
      return count(super.skip(bytes));
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }
}
