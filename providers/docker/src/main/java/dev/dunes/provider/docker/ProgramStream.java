package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.guest.GuestTransport;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The streams of a program a daemon has started, as a channel to a guest: its standard output is
 * taken out of the frames the daemon puts it in (Engine API, "Stream format": type, three zero
 * bytes, length in four bytes, payload). What it writes to standard error is why it failed.
 */
final class ProgramStream implements GuestTransport {
  private static final int HEADER = 8;
  private static final int STDOUT = 1;
  private static final int STDERR = 2;
  private static final int LONGEST_ERROR = 2000;

  private final Link link;
  private final byte[] header = new byte[HEADER];
  private final StringBuilder error = new StringBuilder();
  private int left;

  ProgramStream(Link link) {
    this.link = link;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    while (left == 0) {
      if (!next()) {
        if (!error.isEmpty()) {
          throw new IOException(error.toString().strip());
        }
        return -1;
      }
    }
    byte[] bytes = new byte[Math.min(left, target.remaining())];
    int count = link.in().read(bytes);
    if (count < 0) {
      throw new EOFException("the daemon hung up");
    }
    left -= count;
    target.put(bytes, 0, count);
    return count;
  }

  /** Reads the head of the next frame of output; false at the end. */
  private boolean next() throws IOException {
    int got = link.in().readNBytes(header, 0, HEADER);
    if (got == 0) {
      return false;
    }
    if (got < HEADER) {
      throw new EOFException("the daemon hung up");
    }
    int length = ByteBuffer.wrap(header).getInt(HEADER / 2);
    if (length < 0 || header[0] < 0 || header[0] > STDERR) {
      throw new IOException("the daemon's stream is broken");
    }
    if (header[0] == STDOUT) {
      left = length;
    } else {
      complain(length);
    }
    return true;
  }

  private void complain(int length) throws IOException {
    InputStream in = link.in();
    byte[] text = in.readNBytes(Math.min(length, LONGEST_ERROR));
    in.skipNBytes(length - text.length);
    if (error.length() < LONGEST_ERROR) {
      error.append(new String(text, UTF_8).replaceAll("\\p{Cntrl}+", " "));
    }
  }

  @Override
  public void write(ByteBuffer[] buffers) throws IOException {
    for (ByteBuffer buffer : buffers) {
      byte[] bytes = new byte[buffer.remaining()];
      buffer.get(bytes);
      link.out().write(bytes);
    }
    link.out().flush();
  }

  @Override
  public void close() throws IOException {
    link.close();
  }
}
