package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import dev.dunes.scripted.Transcript.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1beta/models/MODEL:generateContent} of the Gemini API, and its stream. */
final class Gemini implements Protocol {
  @Override
  public ModelRequest read(String path, JsonNode body) {
    Transcript transcript = new Transcript();
    for (JsonNode content : body.path("contents")) {
      addContent(transcript, content);
    }
    List<OfferedTool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      for (JsonNode function : tool.path("functionDeclarations")) {
        tools.add(
            new OfferedTool(
                function.path("name").asString(""),
                Optional.empty(),
                false,
                function.has("parameters")
                    ? function.path("parameters")
                    : function.path("parametersJsonSchema")));
      }
    }
    JsonNode config = body.path("generationConfig");
    int end = path.lastIndexOf(':');
    return new ModelRequest(
        path.substring(path.lastIndexOf('/', end) + 1, end),
        path.startsWith(":stream", end),
        transcript,
        tools,
        Stream.of("responseJsonSchema", "responseSchema")
            .map(config::path)
            .filter(JsonNode::isObject)
            .findFirst(),
        false);
  }

  private static void addContent(Transcript transcript, JsonNode content) {
    boolean model = content.path("role").asString("user").equals("model");
    boolean calls = false;
    for (JsonNode part : content.path("parts")) {
      if (part.has("functionResponse")) {
        transcript.add(Role.TOOL, part.path("functionResponse").toString());
      } else if (part.has("functionCall")) {
        calls = true;
      } else if (part.has("text") && !model) {
        transcript.add(Role.USER, part.path("text").asString(""));
      }
    }
    if (model) {
      transcript.add(calls ? Role.CALL : Role.MODEL, "");
    }
  }

  @Override
  public List<ServerEvent> stream(Reply reply, JsonNode request) {
    List<ObjectNode> parts = new ArrayList<>();
    List<Duration> pauses = new ArrayList<>();
    for (Block block : reply.blocks()) {
      if (block instanceof Block.Said said) {
        for (String piece : said.deltas()) {
          parts.add(object().put("text", piece));
          pauses.add(said.pause());
        }
      } else {
        parts.add(part(block));
        pauses.add(Duration.ZERO);
      }
    }
    List<ServerEvent> events = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      boolean last = i == parts.size() - 1;
      events.add(ServerEvent.unnamed(chunk(List.of(parts.get(i)), last)).after(pauses.get(i)));
    }
    return events;
  }

  @Override
  public JsonNode whole(Reply reply) {
    return chunk(reply.blocks().stream().map(Gemini::part).toList(), true);
  }

  private static ObjectNode part(Block block) {
    return switch (block) {
      case Block.Said said -> object().put("text", said.text());
      case Block.Thought thought -> object().put("text", thought.text()).put("thought", true);
      case Block.Call call -> call(call.name(), call.input());
      case Block.FreeformCall call -> call(call.name(), object().put("input", call.input()));
    };
  }

  private static ObjectNode call(String name, JsonNode input) {
    ObjectNode part = object();
    part.putObject("functionCall").put("name", name).set("args", input);
    return part;
  }

  private static ObjectNode chunk(List<ObjectNode> parts, boolean last) {
    ObjectNode chunk = object();
    ObjectNode candidate = chunk.putArray("candidates").addObject();
    candidate.putObject("content").put("role", "model").putArray("parts").addAll(parts);
    if (last) {
      candidate.put("finishReason", "STOP");
    }
    candidate.put("index", 0);
    if (last) {
      chunk
          .putObject("usageMetadata")
          .put("promptTokenCount", INPUT_TOKENS)
          .put("candidatesTokenCount", OUTPUT_TOKENS)
          .put("totalTokenCount", INPUT_TOKENS + OUTPUT_TOKENS);
    }
    return chunk;
  }

  @Override
  public ServerEvent overloaded() {
    ObjectNode event = object();
    event
        .putObject("error")
        .put("code", 503)
        .put("message", "scripted overload")
        .put("status", "UNAVAILABLE");
    return ServerEvent.unnamed(event);
  }
}
