package dev.dunes.server;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import tools.jackson.databind.JsonNode;

/**
 * An agent that says one thing, waits until it may go on, and ends: no process, a thousand times.
 */
final class StillPlace implements Agent {
  final CountDownLatch mayGoOn = new CountDownLatch(1);
  private final Path program;

  StillPlace(Path program) {
    this.program = program;
  }

  @Override
  public String id() {
    return "claude";
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return new AgentPlacement(new HostMount(program, "/opt/dunes/still"), "1");
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    return new StillSession();
  }

  private static AgentOutput message(String json) {
    JsonNode node = Shop.json(json);
    return new AgentOutput.Message(json.getBytes(StandardCharsets.UTF_8), node, List.of());
  }

  private final class StillSession implements AgentSession {
    private final Queue<AgentOutput> first = new ArrayDeque<>(List.of(message(Shop.INIT)));
    private final Queue<AgentOutput> then =
        new ArrayDeque<>(
            List.of(
                message(Shop.RESULT),
                new AgentOutput.TurnEnded(
                    new TurnOutcome(true, "success", Optional.empty(), Optional.empty(), 1, 0))));

    @Override
    public void send(Prompt prompt) {}

    @Override
    public Optional<AgentOutput> next() {
      AgentOutput one = first.poll();
      if (one != null) {
        return Optional.of(one);
      }
      try {
        mayGoOn.await();
      } catch (InterruptedException e) {
        throw new AgentException("interrupted", "interrupted", null, e);
      }
      return Optional.ofNullable(then.poll());
    }

    @Override
    public Optional<String> nativeSessionId() {
      return Optional.empty();
    }

    @Override
    public void answerPermission(String permissionId, PermissionReply reply) {}

    @Override
    public void answerQuestion(String questionId, List<List<String>> answers) {}

    @Override
    public void rejectQuestion(String questionId) {}

    @Override
    public void interrupt() {}

    @Override
    public void endInput() {}

    @Override
    public AgentExit waitFor() {
      return new AgentExit(0, false);
    }

    @Override
    public void close() {}
  }
}
