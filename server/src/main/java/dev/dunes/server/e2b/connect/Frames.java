package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.BodyTooLargeException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The messages of a stream: a byte of flags, the length as four bytes, the message. E2B wire 2.7.
 * Not safe for use by several threads.
 */
final class Frames {
  static final int HEAD = 5;
  static final int COMPRESSED = 1;
  static final int END = 2;

  private final InputStream in;
  private final int most;

  /**
   * @param most bytes a message may have
   */
  Frames(InputStream in, int most) {
    this.in = in;
    this.most = most;
  }

  /** A message as it is sent. */
  static byte[] of(int flags, byte[] message) {
    return ByteBuffer.allocate(HEAD + message.length)
        .put((byte) flags)
        .putInt(message.length)
        .put(message)
        .array();
  }

  /** The next message; empty when the client sends no more. */
  Optional<byte[]> next() throws InterruptedException {
    try {
      byte[] head = in.readNBytes(HEAD);
      if (head.length == 0) {
        return Optional.empty();
      }
      if (head.length < HEAD) {
        throw malformed("the stream ends in the head of a message");
      }
      int flags = head[0];
      if ((flags & COMPRESSED) != 0) {
        throw new ConnectException(
            ConnectCode.UNIMPLEMENTED, "compressed messages are not understood; send identity");
      }
      if (flags == END) {
        return Optional.empty();
      }
      if (flags != 0) {
        throw malformed("a message has unknown flags " + flags);
      }
      long length = Integer.toUnsignedLong(ByteBuffer.wrap(head, 1, Integer.BYTES).getInt());
      if (length > most) {
        throw tooLarge(most);
      }
      byte[] message = in.readNBytes((int) length);
      if (message.length < length) {
        throw malformed(
            "the stream ends in the middle of a message: %d bytes were announced, %d came"
                .formatted(length, message.length));
      }
      return Optional.of(message);
    } catch (BodyTooLargeException e) {
      throw tooLarge(most);
    } catch (InterruptedIOException e) {
      throw new InterruptedException("the client has left");
    } catch (IOException e) {
      throw new ConnectException(ConnectCode.CANCELED, "the request could not be read");
    }
  }

  static ConnectException tooLarge(int most) {
    return new ConnectException(
        ConnectCode.RESOURCE_EXHAUSTED, "a message may have at most %d bytes".formatted(most));
  }

  private static ConnectException malformed(String why) {
    return new ConnectException(ConnectCode.INVALID_ARGUMENT, "malformed stream: " + why);
  }
}
