package dev.dunes.server.e2b.connect;

import java.util.Optional;

/** How messages are written. */
public enum Codec {
  JSON("json"),
  PROTO("proto");

  private final String name;

  Codec(String name) {
    this.name = name;
  }

  byte[] write(Message message) {
    return this == JSON ? JsonCodec.write(message) : ProtoCodec.write(message);
  }

  Message read(Schema schema, byte[] data) throws MalformedMessageException {
    return this == JSON ? JsonCodec.read(schema, data) : ProtoCodec.read(schema, data);
  }

  String contentType(boolean stream) {
    return (stream ? "application/connect+" : "application/") + name;
  }

  static Optional<Codec> of(String contentType, boolean stream) {
    for (Codec codec : values()) {
      if (codec.contentType(stream).equals(contentType)) {
        return Optional.of(codec);
      }
    }
    return Optional.empty();
  }
}
