package dev.dunes.server.e2b.connect;

import java.util.Optional;

/** The messages of a request that is a stream. For one thread. */
public final class StreamIn {
  private final Frames frames;
  private final Codec codec;
  private final Schema schema;

  StreamIn(Frames frames, Codec codec, Schema schema) {
    this.frames = frames;
    this.codec = codec;
    this.schema = schema;
  }

  /** The next message; waits for it. Empty when the client sends no more. */
  public Optional<Message> next() throws InterruptedException {
    Optional<byte[]> frame = frames.next();
    return frame.isEmpty()
        ? Optional.empty()
        : Optional.of(ConnectServer.read(codec, schema, frame.get()));
  }
}
