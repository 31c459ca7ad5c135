package dev.dunes.bench;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.sandbox.Sandbox;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import tools.jackson.databind.json.JsonMapper;

/** An agent that says one thing and then nothing more until it is ended. */
final class IdleAgent implements Agent {
  private static final byte[] BEGUN =
      "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"idle\",\"session_id\":\"idle\",\"tools\":[]}"
          .getBytes(StandardCharsets.US_ASCII);

  @Override
  public String id() {
    return "claude";
  }

  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return new AgentPlacement(List.of(), "1");
  }

  @Override
  public AgentSession open(Sandbox sandbox, AgentOptions options) {
    return new Session();
  }

  private static final class Session implements AgentSession {
    private final CountDownLatch ended = new CountDownLatch(1);
    private boolean said;

    @Override
    public void send(Prompt prompt) {
      // whatever it is, it is pondered for ever
    }

    @Override
    public Optional<AgentOutput> next() {
      if (!said) {
        said = true;
        return Optional.of(
            new AgentOutput.Message(BEGUN, JsonMapper.shared().readTree(BEGUN), List.of()));
      }
      try {
        ended.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return Optional.empty();
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
    public void endInput() {
      // there is none
    }

    @Override
    public AgentExit waitFor() {
      return new AgentExit(0, false);
    }

    @Override
    public void close() {
      ended.countDown();
    }
  }
}
