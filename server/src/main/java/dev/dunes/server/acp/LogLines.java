package dev.dunes.server.acp;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Reads a log line by line, up to where it is complete. Its file is its own: an interrupted thread
 * would close a channel for everybody, and one that was replaced can be read to its end. Not safe
 * for use by several threads.
 */
final class LogLines implements AutoCloseable {
  private final RandomAccessFile file;
  private final long shift;
  private byte[] buffer = new byte[64 << 10];
  private int from;
  private int to;
  private int length;

  /** Where in the file the buffer's first byte is. */
  private long base;

  /**
   * @param place where a line begins in the file
   * @param shift what positions have more than places in the file
   */
  LogLines(Path path, long place, long shift) throws IOException {
    this.file = new RandomAccessFile(path.toFile(), "r");
    this.base = place;
    this.shift = shift;
  }

  /** Where the next line begins. */
  long after() {
    return shift + base + from + (length == 0 ? 0 : length + 1);
  }

  /** Where this line begins. */
  long position() {
    return shift + base + from;
  }

  /**
   * Goes to the next line; false when there is none before this position, or the file was replaced
   * and ends.
   */
  boolean next(long limit) throws IOException {
    if (length > 0) {
      from += length + 1;
      length = 0;
    }
    int scanned = from;
    while (true) {
      for (int i = scanned; i < to; i++) {
        if (buffer[i] == '\n') {
          length = i - from;
          return true;
        }
      }
      scanned = to - from;
      if (!more(limit)) {
        return false;
      }
    }
  }

  private boolean more(long limit) throws IOException {
    if (from > 0) {
      System.arraycopy(buffer, from, buffer, 0, to - from);
      base += from;
      to -= from;
      from = 0;
    }
    if (to == buffer.length) {
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    long there = limit - shift - (base + to);
    if (there <= 0) {
      return false;
    }
    int most = (int) Math.min(there, buffer.length - to);
    file.seek(base + to);
    int count = file.read(buffer, to, most);
    if (count <= 0) {
      return false;
    }
    to += count;
    return true;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** The first byte of the line says what it is. */
  byte kind() {
    return buffer[from];
  }

  byte[] bytes() {
    return buffer;
  }

  /** Where the line is in {@link #bytes}. */
  int from() {
    return from;
  }

  int length() {
    return length;
  }
}
