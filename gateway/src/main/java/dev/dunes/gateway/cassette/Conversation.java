package dev.dunes.gateway.cassette;

import dev.dunes.gateway.ModelProtocol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What of a request decides its answer: what users and tools said, and which kind of answer is
 * wanted. System prompts, model names, the order of tools and all numbers are left out: they change
 * from release to release of an agent.
 *
 * @param kind the last part of the path, such as {@code messages}
 * @param stream whether the answer is wanted as a stream
 * @param tools whether tools are offered: side requests offer none
 * @param schema whether the answer must fit a schema: side requests again
 * @param turns in their order
 */
public record Conversation(
    ModelProtocol protocol,
    String kind,
    boolean stream,
    boolean tools,
    boolean schema,
    List<Turn> turns) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final String USER = "user";
  private static final String TOOL = "tool";

  public Conversation {
    turns = List.copyOf(turns);
  }

  /**
   * Reads a request.
   *
   * @param kind the last part of its path
   * @param streaming whether the path asks for a stream
   * @param body may be empty
   * @throws IllegalArgumentException when the body is no JSON object
   */
  public static Conversation of(
      ModelProtocol protocol, String kind, boolean streaming, byte[] body) {
    if (body.length == 0) {
      return new Conversation(protocol, kind, streaming, false, false, List.of());
    }
    JsonNode json;
    try {
      json = JSON.readTree(body);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is no JSON", e);
    }
    if (!json.isObject()) {
      throw new IllegalArgumentException("the body is no JSON object");
    }
    boolean stream = streaming || json.path("stream").asBoolean(kind.equals("responses"));
    return new Conversation(
        protocol, kind, stream, !json.path("tools").isEmpty(), hasSchema(json), turns(json));
  }

  private static boolean hasSchema(JsonNode json) {
    return json.path("output_config").has("format")
        || json.path("output_format").isObject()
        || json.path("text").path("format").has("schema")
        || json.path("response_format").isObject()
        || json.path("generationConfig").has("responseJsonSchema")
        || json.path("generationConfig").has("responseSchema");
  }

  private static List<Turn> turns(JsonNode json) {
    List<Turn> turns = new ArrayList<>();
    if (json.path("input").isString()) {
      add(turns, USER, text(json.path("input")));
    }
    for (JsonNode item : json.path("input")) {
      input(turns, item);
    }
    for (JsonNode message : json.path("messages")) {
      message(turns, message);
    }
    for (JsonNode content : json.path("contents")) {
      content(turns, content);
    }
    return turns;
  }

  /** Responses: messages, and anything that ends in {@code output}. */
  private static void input(List<Turn> turns, JsonNode item) {
    String type = item.path("type").asString("message");
    if (type.endsWith("output")) {
      add(turns, TOOL, text(item.path("output")));
    } else if (type.equals("message")) {
      message(turns, item);
    }
  }

  /** Messages and Chat Completions. */
  private static void message(List<Turn> turns, JsonNode message) {
    String role = message.path("role").asString("");
    JsonNode content = message.path("content");
    if (role.equals(TOOL)) {
      add(turns, TOOL, text(content));
    } else if (role.equals(USER)) {
      for (JsonNode part : content) {
        if (part.path("type").asString("").equals("tool_result")) {
          add(turns, TOOL, text(part.path("content")));
        }
      }
      add(turns, USER, text(content));
    }
  }

  /** Gemini. */
  private static void content(List<Turn> turns, JsonNode content) {
    if (content.path("role").asString(USER).equals("model")) {
      return;
    }
    for (JsonNode part : content.path("parts")) {
      if (part.has("functionResponse")) {
        add(
            turns,
            TOOL,
            Normaliser.normalise(part.path("functionResponse").path("response").toString()));
      }
    }
    add(turns, USER, text(content.path("parts")));
  }

  /** A text, or the texts of its parts, normalised; a picture is the hash of its data. */
  private static String text(JsonNode content) {
    if (content.isString()) {
      return Normaliser.normalise(content.asString());
    }
    StringBuilder text = new StringBuilder();
    for (JsonNode part : content) {
      String type = part.path("type").asString("");
      if (part.isString()) {
        text.append(Normaliser.normalise(part.asString())).append(' ');
      } else if (part.path("text").isString()) {
        text.append(Normaliser.normalise(part.path("text").asString())).append(' ');
      } else if (!type.equals("tool_result") && !part.has("functionResponse")) {
        media(text, part);
      }
    }
    return text.toString();
  }

  private static void media(StringBuilder text, JsonNode part) {
    for (String name : List.of("source", "image_url", "inlineData", "file")) {
      if (part.has(name)) {
        text.append('[')
            .append(name)
            .append(' ')
            .append(Turn.sha(part.path(name).toString()))
            .append(']');
      }
    }
  }

  private static void add(List<Turn> turns, String role, String text) {
    String normal = text.strip();
    if (!normal.isEmpty() || role.equals(TOOL)) {
      turns.add(Turn.of(role, normal));
    }
  }

  /** Equal for requests that one answer serves. */
  String key() {
    return Turn.sha(
        protocol.name().toLowerCase(Locale.ROOT)
            + " "
            + kind
            + " "
            + stream
            + tools
            + schema
            + turns.stream()
                .map(turn -> "\n" + turn.role() + " " + turn.sha())
                .collect(Collectors.joining()));
  }
}
