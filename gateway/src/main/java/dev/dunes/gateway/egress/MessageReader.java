package dev.dunes.gateway.egress;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads HTTP/1 messages from a connection and keeps what was read too far. */
public final class MessageReader {
  /** More came before the empty line than may. */
  public static final class TooLongException extends IOException {
    private static final long serialVersionUID = 1L;

    TooLongException(String message) {
      super(message);
    }
  }

  private static final int BUFFER = 16 * 1024;
  private static final int MAX_CHUNK_LINE = 256;
  private static final Pattern CHUNK =
      Pattern.compile("([0-9A-Fa-f]{1,15})[ \\t]*(;[\\t\\x20-\\x7e]*)?");

  private final ByteChannel channel;
  private final LongConsumer progress;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).flip();

  /**
   * @param progress told how many bytes came, each time
   */
  public MessageReader(ByteChannel channel, LongConsumer progress) {
    this.channel = channel;
    this.progress = progress;
  }

  private boolean fill() throws IOException {
    buffer.clear();
    int count;
    try {
      count = channel.read(buffer);
    } finally {
      buffer.flip();
    }
    if (count > 0) {
      progress.accept(count);
    }
    return count >= 0;
  }

  /**
   * The bytes before the next empty line; empty when the connection ends before the first byte.
   *
   * @throws TooLongException when there are more than so many
   * @throws IOException when the connection ends within
   */
  public Optional<byte[]> head(int max) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    int matched = 0; // of CR LF CR LF
    while (matched < 4) {
      if (!buffer.hasRemaining() && !fill()) {
        if (head.size() == 0) {
          return Optional.empty();
        }
        throw new IOException("the connection ended within the head");
      }
      while (buffer.hasRemaining() && matched < 4) {
        byte each = buffer.get();
        boolean expected = each == (matched % 2 == 0 ? '\r' : '\n');
        matched = expected ? matched + 1 : each == '\r' ? 1 : 0;
        head.write(each);
        if (head.size() > max) {
          throw new TooLongException("the head is larger than " + max + " bytes");
        }
      }
    }
    return Optional.of(Arrays.copyOf(head.toByteArray(), head.size() - 4));
  }

  /** Passes on so many bytes. */
  public void fixed(long length, WritableByteChannel to) throws IOException {
    long rest = length;
    while (rest > 0) {
      if (!buffer.hasRemaining() && !fill()) {
        throw new IOException("the connection ended within the body");
      }
      ByteBuffer piece = buffer.slice(buffer.position(), (int) Math.min(rest, buffer.remaining()));
      rest -= piece.remaining();
      buffer.position(buffer.position() + piece.remaining());
      write(to, piece);
    }
  }

  /** Passes on a body in chunks, each written anew: no extensions, no trailers. */
  public void chunked(WritableByteChannel to) throws IOException {
    while (true) {
      String line = line();
      Matcher chunk = CHUNK.matcher(line);
      if (!chunk.matches()) {
        throw new IOException("a chunk has no length");
      }
      long length = Long.parseLong(chunk.group(1), 16);
      write(to, ascii(Long.toHexString(length) + "\r\n"));
      if (length == 0) {
        break;
      }
      fixed(length, to);
      if (!line().isEmpty()) {
        throw new IOException("a chunk is longer than it says");
      }
      write(to, ascii("\r\n"));
    }
    int trailers = 0;
    while (!line().isEmpty()) { // thrown away
      if (++trailers > MAX_CHUNK_LINE) {
        throw new IOException("too many trailers");
      }
    }
    write(to, ascii("\r\n"));
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      if (!buffer.hasRemaining() && !fill()) {
        throw new IOException("the connection ended within the body");
      }
      char each = (char) (buffer.get() & 0xff);
      int end = line.length() - 1;
      if (each == '\n') {
        if (end < 0 || line.charAt(end) != '\r') {
          throw new IOException("a line of the body ends without CR");
        }
        return line.substring(0, end);
      }
      line.append(each);
      if (line.length() > MAX_CHUNK_LINE) {
        throw new IOException("a line of the body is too long");
      }
    }
  }

  /** Passes on all that comes until the end. */
  public void rest(WritableByteChannel to) throws IOException {
    do {
      if (buffer.hasRemaining()) {
        write(to, buffer);
      }
    } while (fill());
  }

  /** The connection as it goes on from here: what was read too far comes first. */
  public ByteChannel asChannel() {
    return new Rest();
  }

  private final class Rest implements ByteChannel {
    @Override
    public int read(ByteBuffer to) throws IOException {
      if (buffer.hasRemaining()) {
        int count = Math.min(buffer.remaining(), to.remaining());
        to.put(buffer.slice(buffer.position(), count));
        buffer.position(buffer.position() + count);
        return count;
      }
      int count = channel.read(to);
      if (count > 0) {
        progress.accept(count);
      }
      return count;
    }

    @Override
    public int write(ByteBuffer from) throws IOException {
      return channel.write(from);
    }

    @Override
    public boolean isOpen() {
      return channel.isOpen();
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private static ByteBuffer ascii(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  /** Writes all of it; blocks while the other side does not read. */
  public static void write(WritableByteChannel to, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      to.write(bytes);
    }
  }
}
