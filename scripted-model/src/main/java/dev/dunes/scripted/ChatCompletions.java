package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import dev.dunes.scripted.Transcript.Role;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/chat/completions} of the OpenAI API: lines with {@code data:} only. */
final class ChatCompletions implements Protocol {
  @Override
  public ModelRequest read(String path, JsonNode body) {
    Transcript transcript = new Transcript();
    for (JsonNode message : body.path("messages")) {
      switch (message.path("role").asString("")) {
        case "user" -> addUser(transcript, message.path("content"));
        case "tool" -> transcript.add(Role.TOOL, message.path("content").toString());
        case "assistant" ->
            transcript.add(message.path("tool_calls").isEmpty() ? Role.MODEL : Role.CALL, "");
        default -> {
          // instructions of the system and the developer are not part of what is matched
        }
      }
    }
    List<OfferedTool> tools = new ArrayList<>();
    for (JsonNode tool : body.path("tools")) {
      JsonNode function = tool.path("function");
      tools.add(
          new OfferedTool(
              function.path("name").asString(""),
              Optional.empty(),
              false,
              function.path("parameters")));
    }
    return new ModelRequest(
        body.path("model").asString(""),
        body.path("stream").asBoolean(false),
        transcript,
        tools,
        Optional.of(body.path("response_format").path("json_schema").path("schema"))
            .filter(JsonNode::isObject),
        false);
  }

  private static void addUser(Transcript transcript, JsonNode content) {
    if (content.isString()) {
      transcript.add(Role.USER, content.asString());
    }
    for (JsonNode part : content) {
      if (part.has("text")) {
        transcript.add(Role.USER, part.path("text").asString(""));
      }
    }
  }

  @Override
  public List<ServerEvent> stream(Reply reply, JsonNode request) {
    String id = reply.ids().next("chatcmpl-");
    List<ServerEvent> events = new ArrayList<>();
    boolean first = true;
    int tool = 0;
    for (Block block : reply.blocks()) {
      for (Delta delta : deltas(block, tool)) {
        if (first) {
          ObjectNode withRole = object().put("role", "assistant");
          withRole.setAll(delta.fields());
          events.add(chunk(id, reply, withRole, null).after(delta.pause()));
          first = false;
        } else {
          events.add(chunk(id, reply, delta.fields(), null).after(delta.pause()));
        }
      }
      if (block instanceof Block.Call || block instanceof Block.FreeformCall) {
        tool++;
      }
    }
    events.add(chunk(id, reply, object(), finishReason(reply)));
    if (request.path("stream_options").path("include_usage").asBoolean(false)) {
      ObjectNode usage = envelope(id, "chat.completion.chunk", reply);
      usage.putArray("choices");
      usage.set("usage", usage());
      events.add(ServerEvent.unnamed(usage));
    }
    events.add(new ServerEvent("", "[DONE]", Duration.ZERO));
    return events;
  }

  /** What one chunk adds to the message. */
  private record Delta(ObjectNode fields, Duration pause) {}

  private static List<Delta> deltas(Block block, int tool) {
    List<Delta> deltas = new ArrayList<>();
    switch (block) {
      case Block.Said said -> {
        for (String piece : said.deltas()) {
          deltas.add(new Delta(object().put("content", piece), said.pause()));
        }
      }
      case Block.Thought thought -> {
        for (String piece : Pieces.ofText(thought.text())) {
          deltas.add(new Delta(object().put("reasoning_content", piece), Duration.ZERO));
        }
      }
      case Block.Call call -> addCall(deltas, tool, call.id(), call.name(), call.input());
      case Block.FreeformCall call ->
          addCall(deltas, tool, call.id(), call.name(), object().put("input", call.input()));
    }
    return deltas;
  }

  private static void addCall(
      List<Delta> deltas, int index, String id, String name, JsonNode input) {
    ObjectNode start = object().put("index", index).put("id", id).put("type", "function");
    start.putObject("function").put("name", name).put("arguments", "");
    deltas.add(new Delta(toolCalls(start), Duration.ZERO));
    for (String piece : Pieces.ofArguments(input.toString())) {
      ObjectNode more = object().put("index", index);
      more.putObject("function").put("arguments", piece);
      deltas.add(new Delta(toolCalls(more), Duration.ZERO));
    }
  }

  private static ObjectNode toolCalls(ObjectNode call) {
    ObjectNode fields = object();
    fields.putArray("tool_calls").add(call);
    return fields;
  }

  private static ServerEvent chunk(
      String id, Reply reply, ObjectNode delta, @org.jspecify.annotations.Nullable String finish) {
    ObjectNode chunk = envelope(id, "chat.completion.chunk", reply);
    ObjectNode choice = chunk.putArray("choices").addObject().put("index", 0);
    choice.set("delta", delta);
    choice.put("finish_reason", finish);
    return ServerEvent.unnamed(chunk);
  }

  private static ObjectNode envelope(String id, String kind, Reply reply) {
    return object().put("id", id).put("object", kind).put("created", 1).put("model", reply.model());
  }

  @Override
  public JsonNode whole(Reply reply) {
    ObjectNode whole = envelope(reply.ids().next("chatcmpl-"), "chat.completion", reply);
    ObjectNode choice = whole.putArray("choices").addObject().put("index", 0);
    ObjectNode message = choice.putObject("message").put("role", "assistant");
    StringBuilder content = new StringBuilder();
    for (Block block : reply.blocks()) {
      switch (block) {
        case Block.Said said -> content.append(said.text());
        case Block.Thought thought -> message.put("reasoning_content", thought.text());
        case Block.Call call -> addWhole(message, call.id(), call.name(), call.input());
        case Block.FreeformCall call ->
            addWhole(message, call.id(), call.name(), object().put("input", call.input()));
      }
    }
    if (content.isEmpty()) {
      message.putNull("content");
    } else {
      message.put("content", content.toString());
    }
    choice.put("finish_reason", finishReason(reply));
    whole.set("usage", usage());
    return whole;
  }

  private static void addWhole(ObjectNode message, String id, String name, JsonNode input) {
    ObjectNode call = message.withArray("tool_calls").addObject();
    call.put("id", id)
        .put("type", "function")
        .putObject("function")
        .put("name", name)
        .put("arguments", input.toString());
  }

  private static String finishReason(Reply reply) {
    return reply.callsTools() ? "tool_calls" : "stop";
  }

  private static ObjectNode usage() {
    return object()
        .put("prompt_tokens", INPUT_TOKENS)
        .put("completion_tokens", OUTPUT_TOKENS)
        .put("total_tokens", INPUT_TOKENS + OUTPUT_TOKENS);
  }

  @Override
  public ServerEvent overloaded() {
    ObjectNode event = object();
    event
        .putObject("error")
        .put("message", "scripted overload")
        .put("type", "server_error")
        .put("code", "rate_limit_exceeded");
    return ServerEvent.unnamed(event);
  }
}
