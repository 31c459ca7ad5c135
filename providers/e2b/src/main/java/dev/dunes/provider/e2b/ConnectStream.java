package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.CloudAnswer;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The messages of a stream of the Connect protocol. E2B wire 2.7. */
final class ConnectStream implements AutoCloseable {
  private static final int HEAD = 5;
  private static final int END = 2;

  /** The daemon's pieces have at most 32 KiB before base64. */
  private static final int MOST_BYTES = 16 << 20;

  private final CloudAnswer answer;
  private final InputStream in;
  private final Envd envd;

  ConnectStream(CloudAnswer answer, Envd envd) {
    this.answer = answer;
    this.in = answer.stream();
    this.envd = envd;
  }

  /**
   * The next message; empty at the proper end.
   *
   * @throws IOException when the stream breaks off
   * @throws dev.dunes.sandbox.SandboxException when it ends with an error
   */
  Optional<JsonNode> next() throws IOException {
    byte[] head = in.readNBytes(HEAD);
    if (head.length < HEAD) {
      throw new EOFException("the stream broke off");
    }
    int length = ByteBuffer.wrap(head, 1, 4).getInt();
    if (length < 0 || length > MOST_BYTES) {
      throw new IOException("a message of %d bytes".formatted(Integer.toUnsignedLong(length)));
    }
    byte[] body = in.readNBytes(length);
    if (body.length < length) {
      throw new EOFException("the stream broke off");
    }
    JsonNode message;
    try {
      message = E2bApi.JSON.readTree(body);
    } catch (JacksonException e) {
      throw new IOException("a message that is no JSON", e);
    }
    if ((head[0] & END) == 0) {
      return Optional.of(message);
    }
    if (message.has("error")) {
      throw envd.failure(message.path("error"));
    }
    return Optional.empty();
  }

  /** A header of the answer. */
  Optional<String> header(String name) {
    return answer.headers().firstValue(name);
  }

  @Override
  public void close() {
    answer.close();
  }
}
