package dev.dunes.provider.cloud;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpHeaders;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A vendor's answer.
 *
 * @param status of HTTP
 * @param headers of HTTP
 * @param stream its body, as it comes; to be read or closed
 */
public record CloudAnswer(int status, HttpHeaders headers, InputStream stream)
    implements AutoCloseable {
  /** Of a body that is read as a whole. */
  static final int MOST_BYTES = 16 << 20;

  static final JsonMapper JSON = JsonMapper.builder().build();

  /** The whole body; at most 16 MiB. */
  public byte[] bytes() throws IOException {
    return bytes(MOST_BYTES);
  }

  byte[] bytes(int most) throws IOException {
    try (stream) {
      byte[] bytes = stream.readNBytes(most + 1);
      if (bytes.length > most) {
        throw new IOException("the answer has more than %d bytes".formatted(most));
      }
      return bytes;
    }
  }

  /** The whole body as JSON. */
  public JsonNode json() throws IOException {
    byte[] bytes = bytes();
    try {
      return JSON.readTree(bytes);
    } catch (JacksonException e) {
      throw new IOException("the answer is no JSON", e);
    }
  }

  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
