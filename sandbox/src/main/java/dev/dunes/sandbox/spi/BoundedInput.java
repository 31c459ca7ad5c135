package dev.dunes.sandbox.spi;

import static java.util.Objects.requireNonNull;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Ends the reading of what turns out to be larger than there is room for: a little that was
 * compressed can become much, and what a sandbox has can grow while it is read.
 */
public final class BoundedInput extends FilterInputStream {
  private final long most;
  private final Excess excess;
  private long count;

  /** Throws what tells the reader that there is too much. */
  @FunctionalInterface
  public interface Excess {
    void refuse() throws IOException;
  }

  /**
   * @param most how many bytes may be read or skipped
   * @param excess called for every read beyond them; must throw
   */
  public BoundedInput(InputStream in, long most, Excess excess) {
    super(requireNonNull(in, "in"));
    this.most = most;
    this.excess = requireNonNull(excess, "excess");
  }

  /** How many bytes were read or skipped. */
  public long count() {
    return count;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int read = super.read(bytes, offset, length);
    count(Math.max(0, read));
    return read;
  }

  @Override
  public long skip(long bytes) throws IOException {
    long skipped = super.skip(bytes);
    count(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false; // what is read again would count again
  }

  private void count(long bytes) throws IOException {
    count += bytes;
    if (count > most) {
      excess.refuse();
      throw new IOException("more than %d bytes".formatted(most));
    }
  }
}
