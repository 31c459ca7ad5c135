package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxFileException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Ends the reading of what turns out to be larger than its reader wants. */
public final class SizeLimit extends FilterInputStream {
  private final String path;
  private final long limit;
  private long left;

  /**
   * @param limit in bytes
   */
  public SizeLimit(InputStream in, String path, long limit) {
    super(in);
    this.path = path;
    this.limit = limit;
    this.left = limit;
  }

  @Override
  public int read() throws IOException {
    int value = super.read();
    count(value < 0 ? 0 : 1);
    return value;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = super.read(bytes, offset, length);
    count(Math.max(0, count));
    return count;
  }

  @Override
  public long skip(long count) throws IOException {
    long skipped = super.skip(count);
    count(skipped);
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  private void count(long bytes) {
    left -= bytes;
    if (left < 0) {
      throw new SandboxFileException(
          SandboxFileException.Reason.TOO_LARGE,
          path,
          "'%s' is larger than %d bytes".formatted(path, limit),
          ErrorDetails.remedy("allow more, or leave it in the sandbox"));
    }
  }
}
