package dev.dunes.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.harness.CapabilityTrial;
import dev.dunes.agent.harness.RealAgent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What an agent is said to do is what it does. */
@Timeout(600)
final class CapabilitiesTest {
  @Test
  void claude() {
    try (RealAgent agent = new RealAgent("claude")) {
      CapabilityTrial trial =
          new CapabilityTrial(agent, o -> o, o -> o, "Do [[edit]] in [[cwd:/home/user]]");

      assertThat(trial.run()).isEqualTo(agent.agent.traits().capabilities());
    }
  }

  @Test
  void codex() {
    try (RealAgent agent = new RealAgent("codex")) {
      CapabilityTrial trial =
          new CapabilityTrial(
              agent,
              o -> o.model("scripted-1"),
              o -> o.model("gpt-6-luna"), // one that changes files by patches
              "Patch [[cxpatch]]");

      assertThat(trial.run()).isEqualTo(agent.agent.traits().capabilities());
    }
  }
}
