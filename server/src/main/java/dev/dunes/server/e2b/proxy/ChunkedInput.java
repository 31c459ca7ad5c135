package dev.dunes.server.e2b.proxy;

import java.io.IOException;
import java.io.InputStream;

/** A body in chunks. RFC 9112, 7.1; trailers are read and forgotten. */
final class ChunkedInput extends InputStream {
  private static final int LONGEST_LINE = 8 << 10;
  private static final int MOST_TRAILERS = 64 << 10;

  private final InputStream in;
  private ExactInput chunk;
  private boolean first = true;
  private boolean ended;

  ChunkedInput(InputStream in) {
    this.in = in;
    this.chunk = new ExactInput(in, 0);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (chunk.done()) {
      if (ended) {
        return -1;
      }
      next();
    }
    return chunk.read(target, offset, length);
  }

  private void next() throws IOException {
    int[] left = {LONGEST_LINE};
    if (!first && !AnswerHead.line(in, left).isEmpty()) {
      throw new IOException("a chunk is longer than it says");
    }
    first = false;
    String size = AnswerHead.line(in, left).split(";", 2)[0].strip();
    if (!size.matches("[0-9A-Fa-f]{1,15}")) {
      throw new IOException("a chunk has no size");
    }
    long length = Long.parseLong(size, 16);
    chunk = new ExactInput(in, length);
    if (length == 0) {
      ended = true;
      int[] trailers = {MOST_TRAILERS};
      while (!AnswerHead.line(in, trailers).isEmpty()) {
        // nobody asked for it
      }
    }
  }
}
