package dev.dunes.sandbox;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** A stream that goes through a {@link SecretMask}. */
final class MaskedStream extends FilterInputStream {
  private static final int CHUNK = 8192;

  private final SecretMask.Filter filter;
  private byte[] masked = new byte[0];
  private int position;
  private boolean ended;

  MaskedStream(InputStream in, SecretMask.Filter filter) {
    super(in);
    this.filter = filter;
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
    while (position == masked.length) {
      if (ended) {
        return -1;
      }
      byte[] raw = new byte[CHUNK];
      int count = in.read(raw, 0, raw.length);
      ended = count < 0;
      masked = ended ? filter.end() : filter.add(Arrays.copyOf(raw, count));
      position = 0;
    }
    int count = Math.min(length, masked.length - position);
    System.arraycopy(masked, position, target, offset, count);
    position += count;
    return count;
  }

  @Override
  public int available() {
    return masked.length - position;
  }

  @Override
  public long skip(long count) throws IOException {
    byte[] skipped = new byte[(int) Math.min(count, CHUNK)];
    return Math.max(0, read(skipped, 0, skipped.length));
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
