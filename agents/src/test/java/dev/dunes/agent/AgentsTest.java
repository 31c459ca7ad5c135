package dev.dunes.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

final class AgentsTest {
  private final Agents agents = Agents.open(AgentSettings.current());

  @Test
  void knowsItsAgents() {
    assertThat(agents.ids())
        .startsWith("claude", "codex", "opencode", "amp")
        .doesNotHaveDuplicates();
    assertThat(agents.get("claude").id()).isEqualTo("claude");
  }

  @Test
  void anUnknownOneIsAnErrorThatNamesTheNearest() {
    assertThatThrownBy(() -> agents.get("cluade"))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e.code()).isEqualTo("unknown_agent");
              assertThat(e).hasMessage("unknown agent 'cluade'");
              assertThat(e.remedy()).contains("did you mean 'claude'?");
            });
    assertThatThrownBy(() -> agents.get("something"))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> assertThat(e.remedy().orElseThrow()).startsWith("known agents: claude, codex"));
  }

  @Test
  void settingsShowNoValues() {
    AgentSettings settings = AgentSettings.current().with("SOME_KEY", "s3cret");

    assertThat(settings.variable("SOME_KEY")).contains("s3cret");
    assertThat(settings.toString()).doesNotContain("s3cret");
  }
}
