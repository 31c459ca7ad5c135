package dev.dunes.provider.cloudflare;

import dev.dunes.sandbox.Channel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a program does, as server-sent events. Cloud providers 2.3. */
final class ExecEvents implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /** Of one line, and of the data of one event; a usual chunk of output has a hundredth of it. */
  private static final int LONGEST = 8 << 20;

  private static final String NAME = "event:";
  private static final byte[] DATA = "data:".getBytes(StandardCharsets.US_ASCII);

  /** What happened. */
  sealed interface Event permits Output, Exit, Failed {}

  /** It wrote something. */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Output(Channel channel, byte[] data) implements Event {}

  /** It ended; nothing follows. */
  record Exit(int code) implements Event {}

  /** It could not be run or followed; nothing follows. */
  record Failed(String message, String code) implements Event {
    IOException problem() {
      return new IOException("%s (%s)".formatted(message, code));
    }
  }

  private final InputStream in;
  private final byte[] buffer = new byte[64 << 10];
  private int position;
  private int limit;

  ExecEvents(InputStream stream) {
    this.in = stream;
  }

  /** The next event; blocks. Throws when the stream breaks, or ends before the program. */
  Event next() throws IOException {
    while (true) {
      String name = "";
      ByteArrayOutputStream data = new ByteArrayOutputStream();
      for (byte[] line = line(); line.length > 0; line = line()) {
        if (startsWithData(line)) {
          if (data.size() + line.length > LONGEST) {
            throw new IOException("an event is too long");
          }
          int from = line.length > DATA.length && line[DATA.length] == ' ' ? 1 : 0;
          data.write(line, DATA.length + from, line.length - DATA.length - from);
        } else {
          String text = new String(line, StandardCharsets.UTF_8);
          name = text.startsWith(NAME) ? text.substring(NAME.length()).strip() : name;
        }
      }
      switch (name) {
        case "stdout" -> {
          return new Output(Channel.STDOUT, decode(data));
        }
        case "stderr" -> {
          return new Output(Channel.STDERR, decode(data));
        }
        case "exit" -> {
          return new Exit(json(data).path("exit_code").asInt(-1));
        }
        case "error" -> {
          JsonNode said = json(data);
          return new Failed(
              said.path("error").asString("no reason given"), said.path("code").asString(""));
        }
        default -> {} // a comment, or an event of a later version
      }
    }
  }

  private static boolean startsWithData(byte[] line) {
    return line.length >= DATA.length && Arrays.equals(line, 0, DATA.length, DATA, 0, DATA.length);
  }

  /** Without its end. */
  private byte[] line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    while (true) {
      int end = position;
      while (end < limit && buffer[end] != '\n') {
        end++;
      }
      if (line.size() + end - position > LONGEST) {
        throw new IOException("a line is too long");
      }
      line.write(buffer, position, end - position);
      if (end < limit) {
        position = end + 1;
        byte[] bytes = line.toByteArray();
        boolean cr = bytes.length > 0 && bytes[bytes.length - 1] == '\r';
        return cr ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
      }
      position = 0;
      limit = Math.max(0, in.read(buffer));
      if (limit == 0) {
        throw new IOException("the stream ended before the command");
      }
    }
  }

  private static byte[] decode(ByteArrayOutputStream base64) throws IOException {
    try {
      return Base64.getDecoder().decode(base64.toByteArray());
    } catch (IllegalArgumentException e) {
      throw new IOException("output is no base64", e);
    }
  }

  private static JsonNode json(ByteArrayOutputStream data) throws IOException {
    try {
      return JSON.readTree(data.toByteArray());
    } catch (JacksonException e) {
      throw new IOException("an event is no JSON", e);
    }
  }

  /** Lets go of it; whoever waits for an event gets an error. Does not end the program. */
  @Override
  public void close() {
    try {
      in.close();
    } catch (IOException e) {
      // it is let go in any case
    }
  }
}
