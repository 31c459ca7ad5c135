package dev.dunes.agent.claude;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.AnswerSchema;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.ProcessSession;
import dev.dunes.agent.drive.TurnResult;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A running Claude Code: its lines, and when its turns are over. */
final class ClaudeSession extends ProcessSession<String> {
  private static final String INITIALIZE = "dunes-initialize";
  private static final String CHANGE = "dunes-change-";

  private final ClaudeRequests requests;
  private final PermissionPolicy policy;
  private final ClaudeEvents events = new ClaudeEvents();
  private final ClaudeTurn turn = new ClaudeTurn();
  private final ClaudeOutcome outcome = new ClaudeOutcome();

  /** What is to change before the next message, by what it changes. */
  private final Map<String, ObjectNode> changes = new LinkedHashMap<>();

  private int sent;

  ClaudeSession(
      AgentProcess process,
      ToolPolicy tools,
      Optional<AnswerSchema> schema,
      Optional<ObjectNode> initialize,
      PermissionPolicy policy) {
    super(process, schema);
    this.policy = policy;
    this.requests = new ClaudeRequests(tools, new ClaudeAsks(process::write, asks), this::write);
    if (initialize.isPresent()) {
      process.write(ClaudeProtocol.request(INITIALIZE, initialize.get()));
    } else {
      lock.lock();
      try {
        started();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  protected String prepared(Prompt prompt) {
    return ClaudeProtocol.prompt(prompt);
  }

  @Override
  protected void sendTurn(String prompt) {
    beginTurn();
    changes.forEach((what, request) ->
        process.write(ClaudeProtocol.request(CHANGE + what + "-" + ++sent, request)));
    changes.clear();
    process.write(prompt);
  }

  private void beginTurn() {
    turn.begin();
    outcome.begin();
  }

  @Override
  protected void sendRepair(String problem) {
    process.write(
        ClaudeProtocol.prompt(
            "Your final answer does not satisfy the required schema: "
                + problem
                + ". Call the tool StructuredOutput again, once, with an answer that does."));
  }

  @Override
  protected void sendInterrupt() {
    control(Json.object().put("subtype", "interrupt"));
    stopBackground();
  }

  /** Shell commands in the background survive an interrupt. */
  private void stopBackground() {
    for (String task : turn.background()) {
      control(Json.object().put("subtype", "stop_task").put("task_id", task));
    }
  }

  private void control(ObjectNode request) {
    write(ClaudeProtocol.request("dunes-" + ++sent, request));
  }

  @Override
  protected long due() {
    return turn.deadline().orElse(Long.MAX_VALUE);
  }

  @Override
  protected boolean isOver(long now) {
    return switch (turn.verdict(now)) {
      case GOES_ON -> false;
      case STOP_SHELLS -> {
        stopBackground();
        yield false;
      }
      case OVER -> {
        turn.begin();
        yield true;
      }
    };
  }

  @Override
  protected TurnResult.Verdict verdict(AgentOutput.Message message) {
    return new TurnResult.Verdict(
        outcome.of(message.json()), Json.value(message.json(), "structured_output"), message);
  }

  @Override
  protected void understand(byte[] line) {
    String text = new String(line, StandardCharsets.UTF_8);
    Optional<JsonNode> json = Json.parse(text).filter(JsonNode::isObject);
    if (json.isEmpty()) {
      pass(new AgentOutput.Text(text));
      return;
    }
    switch (Json.text(json.get(), "type", "")) {
      case "control_request" -> requests.answer(json.get());
      case "control_response" -> response(line, json.get());
      case "control_cancel_request" -> asks.withdrawn(Json.text(json.get(), "request_id", ""));
      case "keep_alive", "command_lifecycle" -> {}
      default -> {
        if (!Json.flag(json.get(), "isReplay")) {
          message(line, json.get());
        }
      }
    }
  }

  private void message(byte[] line, JsonNode json) {
    lock.lock();
    try {
      Json.text(json, "session_id").ifPresent(this::nativeSessionId);
      boolean init =
          Json.text(json, "type", "").equals("system")
              && Json.text(json, "subtype", "").equals("init");
      if (init && !isRunning()) {
        turnBegan();
        beginTurn();
      }
      turn.see(json);
      if (init) {
        supersede();
        if (isInterrupted()) {
          sendInterrupt(); // the first came before there was something to interrupt
        }
      }
      AgentOutput.Message message = new AgentOutput.Message(line, json, events.of(json));
      if (Json.text(json, "type", "").equals("result")) {
        outcome.add(json);
        hold(message);
      } else {
        pass(message);
      }
    } finally {
      lock.unlock();
    }
  }

  private void response(byte[] line, JsonNode json) {
    JsonNode response = Json.value(json, "response").orElseGet(Json::object);
    String id = Json.text(response, "request_id", "");
    Optional<String> error =
        Json.text(response, "subtype", "").equals("error")
            ? Optional.of(Json.text(response, "error", "no reason given"))
            : Optional.empty();
    if (id.equals(INITIALIZE)) {
      initialized(error);
    } else if (id.startsWith(CHANGE) && error.isPresent()) {
      AgentEvent failed =
          new AgentEvent.Failed(
              "the agent did not change as it was told: " + error.get(),
              Json.text(response, "error_code"),
              Optional.empty());
      pass(new AgentOutput.Message(line, json, List.of(failed)));
    }
  }

  private void initialized(Optional<String> error) {
    if (error.isPresent()) {
      throw startFailed(
          "the agent does not take its options: " + error.get(),
          "look at agents, system_prompt and the schema of this run");
    }
    lock.lock();
    try {
      started();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void setMode(String mode) {
    change("mode", "set_permission_mode", ClaudeModes.permissionMode(mode, policy));
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    ClaudeModes.refuseVariant(variant);
    change("model", "set_model", model);
  }

  private void change(String what, String subtype, String value) {
    lock.lock();
    try {
      changes.put(what, Json.object().put("subtype", subtype).put(what, value));
    } finally {
      lock.unlock();
    }
  }
}
