package dev.dunes.session;

import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** What {@link ScriptAgent} opens. */
final class ScriptSession implements AgentSession {
  private final Sandbox sandbox;
  private final AgentOptions options;
  private final Deque<AgentOutput> ready = new ArrayDeque<>();
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private volatile RunningCommand command;
  private boolean turnEnded;

  ScriptSession(Sandbox sandbox, AgentOptions options) {
    this.sandbox = sandbox;
    this.options = options;
  }

  @Override
  public void send(Prompt prompt) {
    command =
        sandbox.start(
            Command.shellBuilder(prompt.text())
                .workingDir(options.workingDir())
                .env(options.env())
                .env("MODEL_URL", options.access().baseUrl())
                .env("MODEL_TOKEN", options.access().token())
                .build());
  }

  @Override
  public Optional<AgentOutput> next() {
    while (ready.isEmpty()) {
      Optional<OutputChunk> chunk = command.take();
      if (chunk.isEmpty()) {
        return Optional.empty();
      }
      if (chunk.get().channel() == Channel.STDERR) {
        ready.add(
            new AgentOutput.Diagnostics(new String(chunk.get().data(), StandardCharsets.UTF_8)));
      } else {
        for (byte b : chunk.get().data()) {
          add(b);
        }
      }
    }
    return Optional.of(ready.removeFirst());
  }

  private void add(byte b) {
    if (b != '\n') {
      line.write(b);
      return;
    }
    byte[] raw = line.toByteArray();
    line.reset();
    Optional<JsonNode> json = Json.parse(raw).filter(JsonNode::isObject);
    if (turnEnded) {
      return;
    }
    if (json.isEmpty()) {
      ready.add(new AgentOutput.Text(new String(raw, StandardCharsets.UTF_8)));
      return;
    }
    ready.add(new AgentOutput.Message(raw, json.get(), List.of()));
    if (json.get().path("type").asString("").equals("result")) {
      turnEnded = true;
      ready.add(
          new AgentOutput.TurnEnded(
              new TurnOutcome(true, "success", Optional.empty(), Optional.empty(), 1, 0)));
    }
  }

  @Override
  public Optional<String> nativeSessionId() {
    return Optional.empty();
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    throw new UnsupportedOperationException("it never asks");
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    throw new UnsupportedOperationException("it never asks");
  }

  @Override
  public void rejectQuestion(String questionId) {
    throw new UnsupportedOperationException("it never asks");
  }

  @Override
  public void interrupt() {
    close();
  }

  @Override
  public void endInput() {}

  @Override
  public AgentExit waitFor() {
    CommandExit exit = command.waitFor();
    return new AgentExit(exit.exitCode(), exit.outOfMemory());
  }

  @Override
  public void close() {
    if (command != null) {
      command.close();
    }
  }
}
