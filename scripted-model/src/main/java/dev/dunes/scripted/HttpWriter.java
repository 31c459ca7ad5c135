package dev.dunes.scripted;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Writes the answer to one request. */
final class HttpWriter {
  private static final Map<Integer, String> REASONS =
      Map.of(
          200,
          "OK",
          400,
          "Bad Request",
          401,
          "Unauthorized",
          404,
          "Not Found",
          429,
          "Too Many Requests");

  private final OutputStream out;
  private final boolean head;
  private final boolean chunked;
  private final boolean closes;

  HttpWriter(OutputStream out, HttpRequest request) {
    this.out = out;
    this.head = request.method().equals("HEAD");
    this.chunked = !request.http10();
    this.closes = request.closes();
  }

  /** A complete answer. */
  void answer(int status, Map<String, String> headers, JsonNode body) throws IOException {
    byte[] bytes = body.toString().getBytes(StandardCharsets.UTF_8);
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("content-type", "application/json");
    all.put("content-length", Integer.toString(bytes.length));
    out.write(head(status, all));
    if (!head) {
      out.write(bytes);
    }
    out.flush();
  }

  /** Begins a stream of events. */
  void begin(Map<String, String> headers) throws IOException {
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("content-type", "text/event-stream");
    all.put("cache-control", "no-cache");
    if (chunked) {
      all.put("transfer-encoding", "chunked");
    }
    out.write(head(200, all));
    out.flush();
  }

  void event(ServerEvent event) throws IOException {
    byte[] bytes = event.framed().getBytes(StandardCharsets.UTF_8);
    if (chunked) {
      byte[] size =
          (Integer.toHexString(bytes.length) + "\r\n").getBytes(StandardCharsets.US_ASCII);
      byte[] chunk = new byte[size.length + bytes.length + 2];
      System.arraycopy(size, 0, chunk, 0, size.length);
      System.arraycopy(bytes, 0, chunk, size.length, bytes.length);
      chunk[chunk.length - 2] = '\r';
      chunk[chunk.length - 1] = '\n';
      bytes = chunk;
    }
    out.write(bytes);
    out.flush();
  }

  /** Ends a stream of events. */
  void end() throws IOException {
    if (chunked) {
      out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      out.flush();
    }
  }

  private byte[] head(int status, Map<String, String> headers) {
    StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " ");
    text.append(REASONS.getOrDefault(status, "Scripted")).append("\r\n");
    headers.forEach((name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
    if (closes) {
      text.append("connection: close\r\n");
    }
    return text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }
}
