package dev.dunes.server.e2b.envd;

import dev.dunes.server.http.BodyTooLargeException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a client sends, until all of it has come: little of it in memory, more on disk. So a client
 * that is slow or leaves changes no file. For one thread.
 */
final class Spool extends OutputStream {
  private static final int IN_MEMORY = 1 << 20;

  private final Supplier<Path> directory;
  private final long most;
  private final ByteArrayOutputStream memory = new ByteArrayOutputStream();
  private @Nullable FileChannel file;
  private @Nullable OutputStream disk;
  private long size;

  /**
   * @param directory where the file is, if there is much
   * @param most bytes it takes
   */
  Spool(Supplier<Path> directory, long most) {
    this.directory = directory;
    this.most = most;
  }

  long size() {
    return size;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (length > most - size) {
      throw new BodyTooLargeException(most);
    }
    size += length;
    OutputStream out = disk;
    if (out == null && size > IN_MEMORY) {
      FileChannel opened = open();
      file = opened;
      out = Channels.newOutputStream(opened);
      disk = out;
      memory.writeTo(out);
      memory.reset();
    }
    (out == null ? memory : out).write(bytes, offset, length);
  }

  /** Nobody else can find the file: it has no name any more. */
  private FileChannel open() throws IOException {
    Path in = directory.get();
    Files.createDirectories(
        in, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path path = Files.createTempFile(in, "upload-", "");
    return FileChannel.open(
        path,
        StandardOpenOption.READ,
        StandardOpenOption.WRITE,
        StandardOpenOption.DELETE_ON_CLOSE);
  }

  /** A part of what was written. */
  InputStream read(long from, long length) throws IOException {
    FileChannel spooled = file;
    if (spooled == null) {
      return new ByteArrayInputStream(memory.toByteArray(), (int) from, (int) length);
    }
    spooled.position(from);
    return new Part(Channels.newInputStream(spooled), length);
  }

  @Override
  public void close() throws IOException {
    FileChannel spooled = file;
    if (spooled != null) {
      spooled.close();
    }
  }

  /** So many bytes of a file that stays open. */
  private static final class Part extends InputStream {
    private final InputStream in;
    private long left;

    Part(InputStream in, long length) {
      this.in = in;
      this.left = length;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (left == 0) {
        return -1;
      }
      int count = in.read(bytes, offset, (int) Math.min(length, left));
      left -= Math.max(0, count);
      return count;
    }
  }
}
