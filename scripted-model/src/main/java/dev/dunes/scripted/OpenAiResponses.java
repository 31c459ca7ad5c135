package dev.dunes.scripted;

import static dev.dunes.scripted.Protocol.object;

import dev.dunes.scripted.Transcript.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /v1/responses} of the OpenAI API: the smallest events that every client accepts. */
final class OpenAiResponses implements Protocol {
  @Override
  public ModelRequest read(String path, JsonNode body) {
    Transcript transcript = new Transcript();
    List<OfferedTool> tools = new ArrayList<>();
    addTools(tools, Optional.empty(), body.path("tools"));
    JsonNode input = body.path("input");
    if (input.isString()) {
      transcript.add(Role.USER, input.asString());
    }
    for (JsonNode item : input) {
      String type = item.path("type").asString("message");
      if (type.equals("additional_tools")) {
        addTools(tools, Optional.empty(), item.path("tools"));
      } else if (type.endsWith("output")) {
        transcript.add(Role.TOOL, item.path("output").toString());
      } else if (type.endsWith("call")) {
        transcript.add(Role.CALL, "");
      } else if (type.equals("message")) {
        addMessage(transcript, item);
      }
    }
    return new ModelRequest(
        body.path("model").asString(""),
        body.path("stream").asBoolean(true),
        transcript,
        tools,
        Optional.of(body.path("text").path("format").path("schema")).filter(JsonNode::isObject),
        false);
  }

  private static void addMessage(Transcript transcript, JsonNode item) {
    switch (item.path("role").asString("")) {
      case "user" -> {
        JsonNode content = item.path("content");
        if (content.isString()) {
          transcript.add(Role.USER, content.asString());
        }
        for (JsonNode part : content) {
          transcript.add(Role.USER, part.path("text").asString(""));
        }
      }
      case "assistant" -> transcript.add(Role.MODEL, "");
      default -> {
        // instructions of the system and the developer are not part of what is matched
      }
    }
  }

  private static void addTools(
      List<OfferedTool> tools, Optional<String> namespace, JsonNode offered) {
    for (JsonNode tool : offered) {
      String type = tool.path("type").asString("");
      String name = tool.path("name").asString("");
      if (type.equals("namespace")) {
        addTools(tools, Optional.of(name), tool.path("tools"));
      } else if (!name.isEmpty()) {
        tools.add(new OfferedTool(name, namespace, type.equals("custom"), tool.path("parameters")));
      }
    }
  }

  @Override
  public List<ServerEvent> stream(Reply reply, JsonNode request) {
    String id = reply.ids().next("resp_");
    List<ServerEvent> events = new ArrayList<>();
    ObjectNode created = object("response.created");
    created.putObject("response").put("id", id).put("created_at", 1).put("model", reply.model());
    add(events, created);
    int index = 0;
    for (Block block : reply.blocks()) {
      addItem(events, index++, item(reply, block), block);
    }
    ObjectNode completed = object("response.completed");
    ObjectNode response = completed.putObject("response").put("id", id);
    response.set("usage", usage());
    add(events, completed);
    return events;
  }

  private static void addItem(List<ServerEvent> events, int index, ObjectNode item, Block block) {
    ObjectNode added = object("response.output_item.added").put("output_index", index);
    added.set("item", emptied(item.deepCopy()));
    add(events, added);
    String id = item.path("id").asString();
    switch (block) {
      case Block.Said said -> {
        for (String piece : said.deltas()) {
          ObjectNode delta = delta("response.output_text.delta", id, index);
          add(events, delta.put("content_index", 0).put("delta", piece));
          events.set(events.size() - 1, events.getLast().after(said.pause()));
        }
      }
      case Block.Thought thought -> {
        ObjectNode part = delta("response.reasoning_summary_part.added", id, index);
        part.put("summary_index", 0).set("part", object("summary_text").put("text", ""));
        add(events, part);
        for (String piece : Pieces.ofText(thought.text())) {
          ObjectNode delta = delta("response.reasoning_summary_text.delta", id, index);
          add(events, delta.put("summary_index", 0).put("delta", piece));
        }
      }
      case Block.Call call -> {
        for (String piece : Pieces.ofArguments(call.input().toString())) {
          ObjectNode delta = delta("response.function_call_arguments.delta", id, index);
          add(events, delta.put("delta", piece));
        }
      }
      case Block.FreeformCall call -> {
        for (String piece : Pieces.ofArguments(call.input())) {
          ObjectNode delta = delta("response.custom_tool_call_input.delta", id, index);
          add(events, delta.put("delta", piece));
        }
      }
    }
    ObjectNode done = object("response.output_item.done").put("output_index", index);
    done.set("item", item);
    add(events, done);
  }

  private static ObjectNode delta(String type, String id, int index) {
    return object(type).put("item_id", id).put("output_index", index);
  }

  private static void add(List<ServerEvent> events, ObjectNode event) {
    events.add(ServerEvent.named(event.path("type").asString(), event));
  }

  /** A block as it is when complete. */
  private static ObjectNode item(Reply reply, Block block) {
    return switch (block) {
      case Block.Said said -> {
        ObjectNode item = object("message").put("id", reply.ids().next("msg_"));
        item.put("role", "assistant").put("status", "completed");
        ObjectNode text = object("output_text").put("text", said.text());
        text.putArray("annotations");
        item.putArray("content").add(text);
        yield item;
      }
      case Block.Thought thought -> {
        ObjectNode item = object("reasoning").put("id", reply.ids().next("rs_"));
        item.putArray("summary").add(object("summary_text").put("text", thought.text()));
        yield item;
      }
      case Block.Call call -> {
        ObjectNode item = object("function_call").put("id", reply.ids().next("fc_"));
        item.put("call_id", call.id()).put("name", call.name());
        call.namespace().ifPresent(namespace -> item.put("namespace", namespace));
        yield item.put("arguments", call.input().toString()).put("status", "completed");
      }
      case Block.FreeformCall call ->
          object("custom_tool_call")
              .put("id", reply.ids().next("ctc_"))
              .put("call_id", call.id())
              .put("name", call.name())
              .put("input", call.input())
              .put("status", "completed");
    };
  }

  /** An item as it is announced, before anything is in it. */
  private static ObjectNode emptied(ObjectNode item) {
    for (String list : List.of("content", "summary")) {
      if (item.has(list)) {
        item.putArray(list);
      }
    }
    for (String text : List.of("arguments", "input")) {
      if (item.has(text)) {
        item.put(text, "");
      }
    }
    if (item.has("status")) {
      item.put("status", "in_progress");
    }
    return item;
  }

  @Override
  public JsonNode whole(Reply reply) {
    ObjectNode response =
        object()
            .put("id", reply.ids().next("resp_"))
            .put("object", "response")
            .put("created_at", 1)
            .put("status", "completed")
            .put("model", reply.model());
    ArrayNode output = response.putArray("output");
    reply.blocks().forEach(block -> output.add(item(reply, block)));
    response.set("usage", usage());
    return response;
  }

  private static ObjectNode usage() {
    return object()
        .put("input_tokens", INPUT_TOKENS)
        .put("output_tokens", OUTPUT_TOKENS)
        .put("total_tokens", INPUT_TOKENS + OUTPUT_TOKENS);
  }

  @Override
  public ServerEvent overloaded() {
    ObjectNode event = object("response.failed");
    event
        .putObject("response")
        .putObject("error")
        .put("code", "rate_limit_exceeded")
        .put("message", "scripted overload");
    return ServerEvent.named("response.failed", event);
  }
}
