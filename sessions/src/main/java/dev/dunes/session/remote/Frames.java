package dev.dunes.session.remote;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * Reads server-sent events: the number of {@code id:} and the bytes of {@code data:}, one line
 * each, as the agent API sends them. Everything else is passed over. For one thread.
 */
final class Frames implements AutoCloseable {
  /** No event is longer. */
  private static final int LONGEST = 32 << 20;

  private static final byte[] ID = "id:".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  private final InputStream in;
  private byte[] buffer = new byte[64 << 10];
  private int begin;
  private int end;

  /** How far it has been looked for a line end. */
  private int looked;

  private long id = -1;
  private Optional<byte[]> data = Optional.empty();

  Frames(InputStream in) {
    this.in = in;
  }

  /**
   * An event.
   *
   * @param id −1 when it has none
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over, never compared
  record Frame(long id, byte[] data) {}

  /** The next one; blocks; empty at the end of the stream. */
  Optional<Frame> next() throws IOException {
    while (true) {
      Optional<Frame> ready = ready();
      if (ready.isPresent()) {
        return ready;
      }
      if (!fill()) {
        return Optional.empty(); // half an event is none
      }
    }
  }

  /** The next one, if it has come already. */
  Optional<Frame> ready() throws IOException {
    for (int lineEnd = lineEnd(); lineEnd >= 0; lineEnd = lineEnd()) {
      int length = lineEnd - begin;
      if (length > 0 && buffer[lineEnd - 1] == '\r') {
        length--;
      }
      int start = begin;
      begin = lineEnd + 1;
      looked = begin;
      if (length == 0) {
        Optional<byte[]> done = data;
        long number = id;
        data = Optional.empty();
        id = -1;
        if (done.isPresent()) {
          return Optional.of(new Frame(number, done.get()));
        }
      } else {
        line(start, length);
      }
    }
    return Optional.empty();
  }

  private void line(int start, int length) throws IOException {
    if (has(DATA, start, length)) {
      data = Optional.of(value(DATA, start, length));
    } else if (has(ID, start, length)) {
      String number = new String(value(ID, start, length), StandardCharsets.US_ASCII).strip();
      try {
        id = Long.parseLong(number);
      } catch (NumberFormatException e) {
        throw new IOException("an event whose id is no number", e);
      }
    }
  }

  private boolean has(byte[] field, int start, int length) {
    return length >= field.length
        && Arrays.equals(buffer, start, start + field.length, field, 0, field.length);
  }

  private byte[] value(byte[] field, int start, int length) {
    int from = start + field.length;
    if (from < start + length && buffer[from] == ' ') {
      from++;
    }
    return Arrays.copyOfRange(buffer, from, start + length);
  }

  private int lineEnd() {
    for (int i = looked; i < end; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    looked = end;
    return -1;
  }

  private boolean fill() throws IOException {
    if (begin > 0) {
      System.arraycopy(buffer, begin, buffer, 0, end - begin);
      looked -= begin;
      end -= begin;
      begin = 0;
    }
    if (end == buffer.length) {
      if (buffer.length >= LONGEST) {
        throw new IOException("an event of more than 32 MiB");
      }
      buffer = Arrays.copyOf(buffer, buffer.length * 2);
    }
    int count = in.read(buffer, end, buffer.length - end);
    if (count < 0) {
      return false;
    }
    end += count;
    return true;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
