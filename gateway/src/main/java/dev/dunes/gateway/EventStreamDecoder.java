package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.CRC32;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Frames of {@code application/vnd.amazon.eventstream} as server-sent events. A frame is its
 * length, the length of its headers, a CRC-32 of both, headers, payload, and a CRC-32 of all of it
 * (AWS, "Event stream encoding"). Keeps at most one frame.
 */
final class EventStreamDecoder implements AnswerDecoder {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_FRAME = 16 * 1024 * 1024;
  private static final int PRELUDE = 12;
  private static final int CRC = 4;
  private static final int TYPE_STRING = 7;

  private byte[] pending = new byte[0];

  @Override
  public String contentType(String original) {
    return "text/event-stream; charset=utf-8";
  }

  @Override
  public byte[] accept(byte[] bytes) throws IOException {
    byte[] all = new byte[pending.length + bytes.length];
    System.arraycopy(pending, 0, all, 0, pending.length);
    System.arraycopy(bytes, 0, all, pending.length, bytes.length);
    ByteArrayOutputStream events = new ByteArrayOutputStream();
    int start = 0;
    while (all.length - start >= PRELUDE) {
      int length = frameLength(all, start);
      if (all.length - start < length) {
        break;
      }
      events.writeBytes(frame(all, start, length));
      start += length;
    }
    pending = Arrays.copyOfRange(all, start, all.length);
    return events.toByteArray();
  }

  private static int frameLength(byte[] bytes, int start) throws IOException {
    ByteBuffer prelude = ByteBuffer.wrap(bytes, start, PRELUDE);
    int length = prelude.getInt();
    int headers = prelude.getInt();
    if (crc(bytes, start, PRELUDE - CRC) != prelude.getInt()) {
      throw new IOException("a frame of the stream has a wrong checksum");
    }
    if (length < PRELUDE + CRC
        || length > MAX_FRAME
        || headers < 0
        || headers > length - PRELUDE - CRC) {
      throw new IOException("a frame of the stream has an impossible length");
    }
    return length;
  }

  private static byte[] frame(byte[] bytes, int start, int length) throws IOException {
    ByteBuffer frame = ByteBuffer.wrap(bytes, start, length).slice();
    if (crc(bytes, start, length - CRC) != frame.getInt(length - CRC)) {
      throw new IOException("a frame of the stream has a wrong checksum");
    }
    int headersLength = frame.getInt(4);
    Map<String, String> headers = headers(frame.slice(PRELUDE, headersLength));
    byte[] payload = new byte[length - PRELUDE - headersLength - CRC];
    frame.get(PRELUDE + headersLength, payload);
    return event(headers, payload);
  }

  private static Map<String, String> headers(ByteBuffer bytes) throws IOException {
    Map<String, String> headers = new HashMap<>();
    try {
      while (bytes.hasRemaining()) {
        String name = text(bytes, bytes.get() & 0xff);
        int type = bytes.get();
        if (type == TYPE_STRING) {
          headers.put(name, text(bytes, bytes.getShort() & 0xffff));
        } else {
          skip(bytes, type);
        }
      }
    } catch (BufferUnderflowException e) {
      throw new IOException("a frame of the stream has broken headers", e);
    }
    return headers;
  }

  private static void skip(ByteBuffer bytes, int type) throws IOException {
    int size =
        switch (type) {
          case 0, 1 -> 0; // true, false
          case 2 -> 1;
          case 3 -> 2;
          case 4 -> 4;
          case 5, 8 -> 8;
          case 6 -> bytes.getShort() & 0xffff; // bytes
          case 9 -> 16;
          default -> throw new IOException("a frame of the stream has a header of unknown type");
        };
    bytes.get(new byte[size]);
  }

  private static String text(ByteBuffer bytes, int length) {
    byte[] text = new byte[length];
    bytes.get(text);
    return new String(text, UTF_8);
  }

  private static byte[] event(Map<String, String> headers, byte[] payload) throws IOException {
    String kind = headers.getOrDefault(":message-type", "event");
    try {
      JsonNode json = JSON.readTree(payload);
      if (!kind.equals("event")) {
        return error(headers.getOrDefault(":exception-type", kind), json);
      }
      if (!headers.getOrDefault(":event-type", "").equals("chunk")) {
        return new byte[0]; // not of the answer
      }
      byte[] event = Base64.getDecoder().decode(json.path("bytes").asString(""));
      return sse(JSON.readTree(event).path("type").asString("message"), new String(event, UTF_8));
    } catch (JacksonException | IllegalArgumentException e) {
      throw new IOException("a frame of the stream holds no event", e);
    }
  }

  private static byte[] error(String type, JsonNode json) {
    ObjectNode error = JSON.createObjectNode().put("type", "error");
    error
        .putObject("error")
        .put("type", type.startsWith("throttling") ? "rate_limit_error" : "api_error")
        .put("message", type + ": " + json.path("message").asString(""));
    return sse("error", error.toString());
  }

  private static byte[] sse(String type, String data) {
    return ("event: " + type + "\ndata: " + data.replace("\n", "") + "\n\n").getBytes(UTF_8);
  }

  private static int crc(byte[] bytes, int start, int length) {
    CRC32 crc = new CRC32();
    crc.update(bytes, start, length);
    return (int) crc.getValue();
  }
}
