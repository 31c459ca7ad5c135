package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.Timeouts;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.function.Supplier;

/** Contents of a file on their way from a vendor, who may not stop in the middle for too long. */
final class ComingContents extends FilterInputStream {
  private final Duration limit;
  private final Supplier<SandboxTimeoutException> late;

  /**
   * @param limit until the next bytes are there
   * @param late what is said when they are not
   */
  ComingContents(InputStream in, Duration limit, Supplier<SandboxTimeoutException> late) {
    super(in);
    this.limit = limit;
    this.late = late;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0 || in.available() > 0) {
      return in.read(bytes, offset, length);
    }
    byte[] first = new byte[1];
    int count;
    try {
      // Only the first byte is waited for: nothing is written to a caller's array that left.
      count = Timeouts.within(limit, () -> in.read(first, 0, 1));
    } catch (SandboxTimeoutException e) {
      in.close();
      SandboxTimeoutException said = late.get();
      throw new IOException(said.getMessage(), said);
    }
    if (count < 0) {
      return -1;
    }
    bytes[offset] = first[0];
    int more = Math.min(length - 1, in.available());
    return more == 0 ? 1 : 1 + Math.max(0, in.read(bytes, offset + 1, more));
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = 0;
    byte[] dropped = new byte[(int) Math.min(8192, Math.max(1, count))];
    while (skipped < count) {
      int read = read(dropped, 0, (int) Math.min(dropped.length, count - skipped));
      if (read < 0) {
        break;
      }
      skipped += read;
    }
    return skipped;
  }
}
