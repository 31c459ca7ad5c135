package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.JsonRpcPeer;
import dev.dunes.agent.drive.JsonRpcReply;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Opens the conversation: both ends say what they can, then a new one is begun, or one is gone on
 * with or forked. What comes back goes to who reads.
 */
final class AcpOpening {
  private final JsonRpcPeer peer;
  private final AgentOptions options;
  private final AcpTimeouts timeouts;
  private final Consumer<JsonNode> initialized;
  private final Consumer<JsonNode> opened;
  private final Consumer<AgentException> failed;
  private final ArrayNode servers;
  private JsonNode capabilities = Json.object();
  private volatile @Nullable String sessionId;
  private volatile boolean isOpen;

  AcpOpening(
      JsonRpcPeer peer,
      AgentOptions options,
      AcpTimeouts timeouts,
      Consumer<JsonNode> initialized,
      Consumer<JsonNode> opened,
      Consumer<AgentException> failed) {
    this.peer = peer;
    this.options = options;
    this.timeouts = timeouts;
    this.initialized = initialized;
    this.opened = opened;
    this.failed = failed;
    this.servers = AcpMcp.of(options.mcpServers());
  }

  void begin() {
    ObjectNode params = Json.object().put("protocolVersion", 1);
    ObjectNode ours = params.putObject("clientCapabilities");
    ours.putObject("fs").put("readTextFile", false).put("writeTextFile", false);
    ours.put("terminal", false);
    ours.putObject("elicitation").putObject("form");
    params.putObject("clientInfo").put("name", "dunes").put("version", "0.1");
    peer.call("initialize", params, Optional.of(timeouts.start()), this::initialized);
  }

  private void initialized(JsonRpcReply reply) {
    if (!(reply instanceof JsonRpcReply.Result result)) {
      fail("initialize", reply, "look at what the agent said on standard error");
      return;
    }
    capabilities = Json.value(result.value(), "agentCapabilities").orElseGet(Json::object);
    initialized.accept(result.value());
    ObjectNode params = Json.object().put("cwd", options.workingDir());
    params.set("mcpServers", servers);
    String method;
    try {
      AcpMcp.check(servers, capabilities);
      method = method();
    } catch (AgentException e) {
      failed.accept(e);
      return;
    }
    options.resume().ifPresent(id -> params.put("sessionId", id));
    if (!method.equals("session/new") && !method.equals("session/fork")) {
      sessionId = options.resume().orElse(null);
    }
    peer.call(method, params, Optional.of(timeouts.open()), opening -> opened(method, opening));
  }

  private String method() {
    if (options.resume().isEmpty()) {
      return "session/new";
    }
    JsonNode more = capabilities.path("sessionCapabilities");
    if (options.fork()) {
      if (more.has("fork")) {
        return "session/fork";
      }
    } else if (more.has("resume")) {
      return "session/resume";
    } else if (Json.flag(capabilities, "loadSession")) {
      return "session/load";
    }
    throw new AgentException(
        "agent_start_failed",
        "this agent cannot %s a conversation".formatted(options.fork() ? "fork" : "go on with"),
        "begin a new one",
        null);
  }

  private void opened(String method, JsonRpcReply reply) {
    if (!(reply instanceof JsonRpcReply.Result result)) {
      fail(method, reply, "look at the conversation to go on with, the MCP servers and the key");
      return;
    }
    Optional<String> id =
        Json.text(result.value(), "sessionId").or(() -> Optional.ofNullable(sessionId));
    if (id.isEmpty()) {
      failed.accept(
          new AgentException(
              "agent_start_failed", "the agent did not name its conversation", null, null));
      return;
    }
    sessionId = id.get();
    isOpen = true;
    opened.accept(result.value());
  }

  private void fail(String method, JsonRpcReply reply, String remedy) {
    failed.accept(
        new AgentException(
            "agent_start_failed",
            "the agent did not start: %s: %s".formatted(method, reply.problem().orElse("")),
            remedy,
            null));
  }

  boolean isOpen() {
    return isOpen;
  }

  Optional<String> sessionId() {
    return Optional.ofNullable(sessionId);
  }

  /** Whether a message is about this conversation. */
  boolean isOurs(JsonNode params) {
    String id = sessionId;
    return id == null || id.equals(Json.text(params, "sessionId", id));
  }

  /** Parameters with the conversation in them. */
  ObjectNode ofSession(ObjectNode params) {
    return params.put("sessionId", sessionId);
  }

  /**
   * Refuses a message that this agent cannot take.
   *
   * @throws AgentException {@code attachment_not_supported}
   */
  void check(ArrayNode blocks) {
    boolean takesImages = Json.flag(capabilities.path("promptCapabilities"), "image");
    if (!takesImages && AcpContent.hasImages(blocks)) {
      throw new AgentException(
          "attachment_not_supported",
          "this agent takes no pictures",
          "put the picture into a file of the sandbox and attach that",
          null);
    }
  }
}
