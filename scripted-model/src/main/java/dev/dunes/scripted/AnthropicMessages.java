package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import dev.dunes.scripted.Transcript.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/messages} of the Anthropic API. The lines with {@code event:} are mandatory. */
final class AnthropicMessages implements Protocol {
  /** A signature of a thought that clients send back without looking at it. */
  private static final String SIGNATURE = "c2ln";

  @Override
  public String callPrefix() {
    return "toolu_";
  }

  @Override
  public ModelRequest read(String path, JsonNode body) {
    Transcript transcript = new Transcript();
    for (JsonNode message : body.path("messages")) {
      addMessage(transcript, message);
    }
    List<OfferedTool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      tools.add(
          new OfferedTool(
              tool.path("name").asString(""), Optional.empty(), false, tool.path("input_schema")));
    }
    return new ModelRequest(
        body.path("model").asString(""),
        body.path("stream").asBoolean(false),
        transcript,
        tools,
        Optional.of(body.path("output_config").path("format").path("schema"))
            .filter(JsonNode::isObject),
        body.path("max_tokens").asInt(0) == 1 && tools.isEmpty());
  }

  private static void addMessage(Transcript transcript, JsonNode message) {
    String role = message.path("role").asString("");
    boolean user = role.equals("user");
    if (!user && !role.equals("assistant")) {
      return; // what an agent says about its surroundings is not part of what is matched
    }
    JsonNode content = message.path("content");
    if (content.isString()) {
      transcript.add(user ? Role.USER : Role.MODEL, content.asString());
      return;
    }
    boolean calls = false;
    for (JsonNode part : content) {
      switch (part.path("type").asString("")) {
        case "tool_result" -> transcript.add(Role.TOOL, part.path("content").toString());
        case "text" -> {
          if (user) {
            transcript.add(Role.USER, part.path("text").asString(""));
          }
        }
        case "tool_use" -> calls = true;
        default -> {
          // pictures, thoughts and whatever comes next do not matter here
        }
      }
    }
    if (!user) {
      transcript.add(calls ? Role.CALL : Role.MODEL, "");
    }
  }

  @Override
  public List<ServerEvent> stream(Reply reply, JsonNode request) {
    List<ServerEvent> events = new ArrayList<>();
    ObjectNode start = object("message_start");
    start.set("message", message(reply, 1));
    add(events, start);
    int index = 0;
    for (Block block : reply.blocks()) {
      addBlock(events, index++, block);
    }
    ObjectNode end = object("message_delta");
    end.putObject("delta").put("stop_reason", stopReason(reply)).putNull("stop_sequence");
    end.putObject("usage").put("output_tokens", OUTPUT_TOKENS);
    add(events, end);
    add(events, object("message_stop"));
    return events;
  }

  private static void addBlock(List<ServerEvent> events, int index, Block block) {
    ObjectNode start = object("content_block_start").put("index", index);
    start.set("content_block", emptied(content(block)));
    add(events, start);
    switch (block) {
      case Block.Said said -> {
        int size = events.size();
        for (String piece : said.deltas()) {
          delta(events, index, object("text_delta").put("text", piece));
        }
        for (int i = size; i < events.size(); i++) {
          events.set(i, events.get(i).after(said.pause()));
        }
      }
      case Block.Thought thought -> {
        for (String piece : Pieces.ofText(thought.text())) {
          delta(events, index, object("thinking_delta").put("thinking", piece));
        }
        delta(events, index, object("signature_delta").put("signature", SIGNATURE));
      }
      case Block.Call call -> arguments(events, index, call.input().toString());
      case Block.FreeformCall call ->
          arguments(events, index, object().put("input", call.input()).toString());
    }
    add(events, object("content_block_stop").put("index", index));
  }

  private static void arguments(List<ServerEvent> events, int index, String json) {
    for (String piece : Pieces.ofArguments(json)) {
      delta(events, index, object("input_json_delta").put("partial_json", piece));
    }
  }

  private static void delta(List<ServerEvent> events, int index, ObjectNode delta) {
    ObjectNode event = object("content_block_delta").put("index", index);
    event.set("delta", delta);
    add(events, event);
  }

  private static void add(List<ServerEvent> events, ObjectNode event) {
    events.add(ServerEvent.named(event.path("type").asString(), event));
  }

  @Override
  public JsonNode whole(Reply reply) {
    ObjectNode message = message(reply, OUTPUT_TOKENS);
    ArrayNode content = message.putArray("content");
    reply.blocks().forEach(block -> content.add(content(block)));
    return message.put("stop_reason", stopReason(reply));
  }

  /** A block as it is in a whole message. */
  private static ObjectNode content(Block block) {
    return switch (block) {
      case Block.Said said -> object("text").put("text", said.text());
      case Block.Thought thought ->
          object("thinking").put("thinking", thought.text()).put("signature", SIGNATURE);
      case Block.Call call -> {
        ObjectNode use = object("tool_use").put("id", call.id()).put("name", call.name());
        use.set("input", call.input());
        yield use;
      }
      case Block.FreeformCall call -> {
        ObjectNode use = object("tool_use").put("id", call.id()).put("name", call.name());
        use.putObject("input").put("input", call.input());
        yield use;
      }
    };
  }

  /** A block as its start announces it, before anything is in it. */
  private static ObjectNode emptied(ObjectNode content) {
    for (String field : List.of("text", "thinking", "signature")) {
      if (content.has(field)) {
        content.put(field, "");
      }
    }
    if (content.has("input")) {
      content.putObject("input");
    }
    return content;
  }

  private static ObjectNode message(Reply reply, int outputTokens) {
    ObjectNode message =
        object()
            .put("id", reply.ids().next("msg_"))
            .put("type", "message")
            .put("role", "assistant")
            .put("model", reply.model());
    message.putArray("content");
    message.putNull("stop_reason").putNull("stop_sequence");
    message.putObject("usage").put("input_tokens", INPUT_TOKENS).put("output_tokens", outputTokens);
    return message;
  }

  private static String stopReason(Reply reply) {
    return reply.callsTools() ? "tool_use" : "end_turn";
  }

  @Override
  public ServerEvent overloaded() {
    ObjectNode event = object("error");
    event.set("error", object("overloaded_error").put("message", "scripted overload"));
    return ServerEvent.named("error", event);
  }
}
