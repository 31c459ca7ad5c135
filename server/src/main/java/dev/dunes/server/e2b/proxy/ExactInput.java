package dev.dunes.server.e2b.proxy;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

/** So many bytes of a stream, none less. */
final class ExactInput extends InputStream {
  private final InputStream in;
  private long left;

  ExactInput(InputStream in, long length) {
    this.in = in;
    this.left = length;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (left == 0) {
      return -1;
    }
    int count = in.read(target, offset, (int) Math.min(length, left));
    if (count < 0) {
      throw new EOFException("%d bytes are missing".formatted(left));
    }
    left -= count;
    return count;
  }

  /** Whether all of it was read. */
  boolean done() {
    return left == 0;
  }
}
