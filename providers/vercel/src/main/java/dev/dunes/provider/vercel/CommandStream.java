package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.CloudAnswer;
import dev.dunes.provider.cloud.FramedProcess.Line;
import dev.dunes.sandbox.Channel;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What a command writes, as Vercel streams it: a line of JSON for each piece of text. A line of
 * text may be in several of them.
 */
final class CommandStream implements AutoCloseable {
  /** Of JSON. */
  private static final int LONGEST = 4 << 20;

  private final int longestLine;

  private final CloudAnswer answer;
  private final InputStream in;
  private final Map<Channel, StringBuilder> unfinished = new EnumMap<>(Channel.class);
  private final Map<Channel, Long> received = new EnumMap<>(Channel.class);
  private final Map<Channel, Long> skipped;
  private final Deque<Line> lines = new ArrayDeque<>();
  private volatile String command = "";

  /**
   * @param longestLine of text, in characters
   * @param skipped how much text of a channel is known already
   */
  CommandStream(CloudAnswer answer, int longestLine, Map<Channel, Long> skipped) {
    this.longestLine = longestLine;
    this.answer = answer;
    this.in = new BufferedInputStream(answer.stream());
    this.skipped = skipped.isEmpty() ? new EnumMap<>(Channel.class) : new EnumMap<>(skipped);
  }

  /** Its id there, once that was said. */
  String command() {
    return command;
  }

  /** How much text of each channel has come as whole lines, those that were skipped included. */
  Map<Channel, Long> received() {
    Map<Channel, Long> whole = new EnumMap<>(Channel.class);
    received.forEach((channel, count) -> {
      StringBuilder rest = unfinished.get(channel);
      whole.put(channel, count - (rest == null ? 0 : rest.length()));
    });
    return whole;
  }

  /** The next line; empty at the end of the stream. */
  Optional<Line> next() throws IOException {
    while (lines.isEmpty()) {
      String json = read();
      if (json.isEmpty()) {
        return Optional.empty();
      }
      take(json);
    }
    return Optional.of(lines.remove());
  }

  /** A line that is not blank; else the stream has ended. */
  private String read() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int value = in.read(); value >= 0; value = in.read()) {
      if (value == '\n') {
        String text = line.toString(StandardCharsets.UTF_8).strip();
        if (!text.isEmpty()) {
          return text;
        }
        line.reset();
      } else {
        line.write(value);
        if (line.size() > LONGEST) {
          throw new IOException("a line has more than %d bytes".formatted(LONGEST));
        }
      }
    }
    return line.toString(StandardCharsets.UTF_8).strip();
  }

  private void take(String json) throws IOException {
    JsonNode message;
    try {
      message = VercelApi.JSON.readTree(json);
    } catch (JacksonException e) {
      throw new IOException("a line is no JSON", e);
    }
    String id = message.path("command").path("id").asString("");
    if (!id.isEmpty()) {
      command = id;
    }
    switch (message.path("stream").asString("")) {
      case "stdout" -> add(Channel.STDOUT, message.path("data").asString(""));
      case "stderr" -> add(Channel.STDERR, message.path("data").asString(""));
      case "error" ->
          throw new IOException("it says " + message.path("data").path("message").asString(""));
      default -> {}
    }
  }

  private void add(Channel channel, String text) throws IOException {
    received.merge(channel, (long) text.length(), Long::sum);
    long known = Math.min(text.length(), skipped.getOrDefault(channel, 0L));
    skipped.merge(channel, -known, Long::sum);
    StringBuilder rest = unfinished.computeIfAbsent(channel, each -> new StringBuilder());
    int searched = rest.length();
    rest.append(text, (int) known, text.length());
    int from = 0;
    for (int end = rest.indexOf("\n", searched); end >= 0; end = rest.indexOf("\n", from)) {
      lines.add(new Line(channel, rest.substring(from, end)));
      from = end + 1;
    }
    rest.delete(0, from);
    if (rest.length() > longestLine) {
      throw new IOException("a line of output has more than %d characters".formatted(longestLine));
    }
  }

  @Override
  public void close() {
    answer.close();
  }
}
