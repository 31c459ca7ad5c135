package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * One operation of the agent API: its answer goes to standard output as it came, JSON so that
 * people can read it; a problem goes to standard error and is exit code 1. Agent API, sheet 2.11.
 */
abstract class ApiCall implements Verb {
  /** A transcript may be long; nothing else is. */
  private static final int LONGEST = 256 << 20;

  private static final String JSON = "application/json";

  private final Console console;
  private final ApiTarget target;

  ApiCall(Console console, ApiTarget target) {
    this.console = console;
    this.target = target;
  }

  /** The operation as {@code METHOD path}, the path encoded, with its query. */
  abstract String operation();

  /** What is sent; empty for no body at all. */
  Optional<JsonNode> body() {
    return Optional.empty();
  }

  /** Whether the answer is a stream of events. */
  boolean streams() {
    return false;
  }

  static String path(String... segments) {
    StringBuilder path = new StringBuilder("v1");
    for (String segment : segments) {
      path.append('/').append(ApiClient.segment(segment));
    }
    return path.toString();
  }

  static ObjectNode object() {
    return JsonMapper.shared().createObjectNode();
  }

  @Override
  public final int run() {
    String[] words = operation().split(" ", 2);
    String accept = streams() ? "text/event-stream" : JSON;
    try (ApiClient client = target.open(console)) {
      HttpResponse<InputStream> response = client.send(words[0], words[1], body(), accept);
      try (InputStream answer = response.body()) {
        return response.statusCode() / 100 == 2 ? pass(answer) : refuse(response, answer);
      } catch (IOException e) {
        throw broken(e);
      }
    }
  }

  private int pass(InputStream answer) throws IOException {
    if (streams()) {
      new FramePipe(answer, console::write).run();
    } else {
      byte[] bytes = whole(answer);
      if (bytes.length > 0) {
        console.print(shown(bytes));
      }
    }
    return ExitCodes.OK;
  }

  private int refuse(HttpResponse<InputStream> response, InputStream answer) throws IOException {
    byte[] bytes = whole(answer);
    if (bytes.length == 0) {
      throw new Failure(ExitCodes.ERROR, "HTTP " + response.statusCode(), "");
    }
    console.writeError(shown(bytes).getBytes(StandardCharsets.UTF_8));
    return ExitCodes.ERROR;
  }

  private static byte[] whole(InputStream answer) throws IOException {
    byte[] bytes = answer.readNBytes(LONGEST + 1);
    if (bytes.length > LONGEST) {
      throw new IOException("an answer of more than 256 MiB");
    }
    return bytes;
  }

  private static String shown(byte[] bytes) {
    try {
      return PrettyJson.of(JsonMapper.shared().readTree(bytes)) + "\n";
    } catch (JacksonException e) {
      // Markdown, or what something in between says; a line end stays one.
      StringBuilder text = new StringBuilder();
      new String(bytes, StandardCharsets.UTF_8)
          .lines()
          .forEach(line -> text.append(Printable.line(line.replace("\t", "    "))).append('\n'));
      return text.toString();
    }
  }

  private static Failure broken(IOException e) {
    return Thread.currentThread().isInterrupted()
        ? new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "")
        : new Failure(ExitCodes.ERROR, "the answer broke off: " + e.getMessage(), "");
  }
}
