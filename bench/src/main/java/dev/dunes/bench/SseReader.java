package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;

/**
 * Reads server-sent events from a server on loopback with as little work as possible: numbers and
 * data, no objects for each.
 */
final class SseReader implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;
  private final byte[] buffer;
  private int position;
  private int limit;

  /** What is left of the chunk that is being read. */
  private int chunk;

  /** Whether there was a chunk before. */
  private boolean begun;

  private byte[] line = new byte[1024];
  private int length;

  /** Hears of an event. */
  interface Sink {
    /**
     * An event; its data is in the array until this returns.
     *
     * @return whether to go on
     */
    boolean event(long id, byte[] data, int length);
  }

  /**
   * Asks; the answer's head has been read when this returns.
   *
   * @param room how many bytes are read at once
   */
  SseReader(int port, String path, int room) throws IOException {
    socket = new Socket("127.0.0.1", port);
    socket.setTcpNoDelay(true);
    in = socket.getInputStream();
    buffer = new byte[room];
    socket
        .getOutputStream()
        .write(
            ("GET " + path + " HTTP/1.1\r\nhost: localhost\r\naccept: text/event-stream\r\n\r\n")
                .getBytes(US_ASCII));
    head();
  }

  private void head() throws IOException {
    boolean chunked = false;
    String first = rawLine();
    for (String header = rawLine(); !header.isEmpty(); header = rawLine()) {
      chunked |= header.equalsIgnoreCase("transfer-encoding: chunked");
    }
    if (!first.contains(" 200 ") || !chunked) {
      throw new IOException("no stream of events: " + first);
    }
  }

  /** Reads until the sink has enough; false when the stream ended before, or was silent so long. */
  boolean read(Sink sink, int silenceMillis) throws IOException {
    socket.setSoTimeout(silenceMillis);
    long id = -1;
    int data = 0;
    byte[] kept = new byte[1024];
    try {
      while (line()) {
        if (length > 4 && line[0] == 'i' && line[1] == 'd' && line[2] == ':') {
          id = number();
        } else if (length > 6 && line[0] == 'd' && line[4] == ':') {
          data = length - 6; // "data: "
          kept = kept.length < data ? new byte[data * 2] : kept;
          System.arraycopy(line, 6, kept, 0, data);
        } else if (length == 0 && data > 0) {
          if (!sink.event(id, kept, data)) {
            return true;
          }
          data = 0;
        }
      }
    } catch (java.net.SocketTimeoutException e) {
      return false;
    }
    return false;
  }

  private long number() {
    long number = 0;
    for (int i = 3; i < length; i++) {
      if (line[i] >= '0' && line[i] <= '9') {
        number = number * 10 + line[i] - '0';
      }
    }
    return number;
  }

  /** One line of the body; false at its end. */
  private boolean line() throws IOException {
    length = 0;
    while (true) {
      if (chunk == 0 && !nextChunk()) {
        return false;
      }
      if (position == limit && !fill()) {
        return false;
      }
      int end = Math.min(limit, position + chunk);
      int from = position;
      while (position < end && buffer[position] != '\n') {
        position++;
      }
      int part = position - from;
      if (length + part > line.length) {
        line = java.util.Arrays.copyOf(line, (length + part) * 2);
      }
      System.arraycopy(buffer, from, line, length, part);
      length += part;
      chunk -= part;
      if (position < end) {
        position++;
        chunk--;
        if (length > 0 && line[length - 1] == '\r') {
          length--;
        }
        return true;
      }
    }
  }

  private boolean nextChunk() throws IOException {
    if (begun) {
      rawLine(); // the line end after the last one
    }
    begun = true;
    chunk = Integer.parseInt(rawLine().split(";")[0].strip(), 16);
    return chunk > 0;
  }

  private String rawLine() throws IOException {
    StringBuilder text = new StringBuilder();
    while (true) {
      if (position == limit && !fill()) {
        throw new IOException("the connection ended");
      }
      byte next = buffer[position++];
      if (next == '\n') {
        return text.toString();
      }
      if (next != '\r') {
        text.append((char) next);
      }
    }
  }

  private boolean fill() throws IOException {
    int count = in.read(buffer, 0, buffer.length);
    position = 0;
    limit = Math.max(0, count);
    return count > 0;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
