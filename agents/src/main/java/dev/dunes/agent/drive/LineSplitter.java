package dev.dunes.agent.drive;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Cuts a stream into lines at LF, whatever the pieces it comes in. A line longer than the limit is
 * counted and dropped; it never takes more memory than the limit.
 */
public final class LineSplitter {
  private static final int BUFFER = 1 << 16;

  private final int limit;

  /**
   * @param limit of a line in bytes, without its end
   */
  public LineSplitter(int limit) {
    this.limit = limit;
  }

  /** What to do with lines; may block, which stops the reading. */
  public interface Lines {
    void line(byte[] bytes) throws InterruptedException;

    void tooLong(long bytes) throws InterruptedException;
  }

  /** Reads to the end; what is left without LF is a line, too. Empty lines are left out. */
  public void read(InputStream in, Lines lines) throws IOException, InterruptedException {
    byte[] buffer = new byte[BUFFER];
    Collector line = new Collector();
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      int start = 0;
      for (int i = 0; i < n; i++) {
        if (buffer[i] == '\n') {
          line.add(buffer, start, i);
          line.end(lines);
          start = i + 1;
        }
      }
      line.add(buffer, start, n);
    }
    line.end(lines);
  }

  private final class Collector {
    private ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long length;

    void add(byte[] buffer, int from, int to) {
      length += to - from;
      if (length <= limit) {
        bytes.write(buffer, from, to - from);
      } else {
        bytes = new ByteArrayOutputStream(); // lets go of what was collected
      }
    }

    void end(Lines lines) throws InterruptedException {
      if (length > limit) {
        lines.tooLong(length);
      } else if (length > 0) {
        lines.line(bytes.toByteArray());
      }
      bytes = new ByteArrayOutputStream();
      length = 0;
    }
  }
}
