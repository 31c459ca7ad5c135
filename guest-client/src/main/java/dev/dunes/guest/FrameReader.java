package dev.dunes.guest;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * Cuts a stream of bytes into frames. Trusts nothing: the length is checked before anything is
 * allocated for it.
 */
final class FrameReader {
  /** docs/guest-protocol.md: {@code length} counts type, stream and payload. */
  static final int MAX_LENGTH = 1_048_576;

  static final int HEADER_AFTER_LENGTH = 5;
  static final int MAX_PAYLOAD = MAX_LENGTH - HEADER_AFTER_LENGTH;

  /**
   * Small on purpose: an idle connection keeps only this. Long payloads are read straight into
   * their own array.
   */
  private static final int BUFFER = 16 << 10;

  private final GuestTransport transport;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER).flip();

  FrameReader(GuestTransport transport) {
    this.transport = transport;
  }

  /**
   * The next frame; empty when the stream ended between two frames.
   *
   * @throws EOFException when it ended within one
   * @throws GuestProtocolException when the length is not one a frame can have
   */
  Optional<Frame> read() throws IOException {
    if (!fill(4)) {
      if (buffer.hasRemaining()) {
        throw new EOFException("the guest's stream ended within a frame");
      }
      return Optional.empty();
    }
    int length = buffer.getInt();
    if (length < HEADER_AFTER_LENGTH || length > MAX_LENGTH) {
      throw new GuestProtocolException("frame length " + Integer.toUnsignedString(length));
    }
    if (!fill(HEADER_AFTER_LENGTH)) {
      throw new EOFException("the guest's stream ended within a frame");
    }
    int type = buffer.get() & 0xFF;
    int stream = buffer.getInt();
    byte[] payload = new byte[length - HEADER_AFTER_LENGTH];
    int ready = Math.min(payload.length, buffer.remaining());
    buffer.get(payload, 0, ready);
    ByteBuffer rest = ByteBuffer.wrap(payload, ready, payload.length - ready);
    while (rest.hasRemaining()) {
      if (transport.read(rest) < 0) {
        throw new EOFException("the guest's stream ended within a frame");
      }
    }
    return Optional.of(new Frame(type, stream, payload));
  }

  /** Makes at least so many bytes available; false when the stream ends before. */
  private boolean fill(int count) throws IOException {
    while (buffer.remaining() < count) {
      buffer.compact();
      int got;
      try {
        got = transport.read(buffer);
      } finally {
        buffer.flip();
      }
      if (got < 0) {
        return false;
      }
    }
    return true;
  }
}
