package dev.dunes.agent.custom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelDialect;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.harness.Answering;
import dev.dunes.agent.harness.RealAgent;
import dev.dunes.agent.harness.Transcript;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Agents of the user's own file, in real sandboxes. */
@Timeout(240)
final class CustomAgentTest {
  private final SmallAgent small;
  private final Path directory;

  CustomAgentTest(@TempDir Path directory) {
    this.directory = directory;
    this.small = new SmallAgent(directory);
  }

  private static String said(AgentSession session, String text) {
    session.send(new Prompt(text));
    return Transcript.turn(session).outcome().text().orElseThrow();
  }

  @Test
  void worksInASandboxWithWhatItsSettingsSay() {
    small.says(
        """
        {"small": {"command": "python3", "args": ["${DIRECTORY}/small-agent", "--for", "${MODEL}"],
                   "directory": "small",
                   "env": {"URL": "${MODEL_URL}/v1", "KEY": "${MODEL_TOKEN}"}}}
        """);
    Agent agent = small.agents().get("acp:small");
    assertThat(agent.traits().dialects()).containsExactly(ModelDialect.values());
    try (RealAgent real = new RealAgent(agent);
        AgentSession session = real.open(o -> o.model("m-1"))) {
      assertThat(said(session, "env URL")).isEqualTo("http://127.0.0.1:8082/v1");
      assertThat(said(session, "env KEY")).isEqualTo("run-token-1");
      assertThat(said(session, "args")).isEqualTo("--for m-1");
      assertThat(real.sandbox.exec("touch /opt/dunes/agents/acp/small/new").exitCode()).isNotZero();
      session.endInput();
      Transcript.toTheEnd(session);
      assertThat(real.processes()).isEmpty();
    }
    try (RealAgent real = new RealAgent(agent)) {
      assertThatThrownBy(() -> real.open(UnaryOperator.identity()))
          .isInstanceOfSatisfying(
              AgentException.class,
              e -> assertThat(e).hasMessage("acp:small must be told its model"));
    }
  }

  @Test
  void whatItCanDoIsKnownWhenItHasStartedOnceAlsoToAnotherProcess() {
    Agent agent = small.agent("");
    assertThat(agent.traits().capabilities().images()).isFalse();
    assertThat(agent.traits().dialects()).isEmpty();
    String conversation;
    try (RealAgent real = new RealAgent(agent)) {
      try (AgentSession session = real.open(o -> o)) {
        assertThat(said(session, "BLUE")).isEqualTo("said: BLUE");
        conversation = session.nativeSessionId().orElseThrow();
      }
      Agent later = small.agents().get("acp:small");
      assertThat(later.traits().capabilities().images()).isTrue();
      assertThat(later.traits().resumable()).isTrue();
      assertThat(later.installed().orElseThrow().version()).isEqualTo("7.1??[31m");
      try (AgentSession session = real.open(o -> o.resume(conversation, false))) {
        assertThat(said(session, "recall")).isEqualTo("BLUE");
      }
    }
    assertThat(small.agent("\"SMALL_MODE\": \"plain\"").traits().resumable())
        .as("another agent by its settings")
        .isFalse();
  }

  @Test
  void asksBeforeItActs() {
    try (RealAgent real = new RealAgent(small.agent(""));
        AgentSession session = real.open(o -> o.permissions(PermissionPolicy.ASK))) {
      session.send(new Prompt("permission"));
      Transcript asked =
          Transcript.turn(session, Answering.permissions(session, PermissionReply.REJECT));
      assertThat(asked.events(AgentEvent.PermissionRequested.class)).hasSize(1);
      assertThat(asked.outcome().text().orElseThrow()).contains("\"no\"");
    }
  }

  @Test
  void oneThatIsNotWhereItShouldBeSaysSo() throws IOException {
    Agent agent = small.agent("");
    Files.delete(directory.resolve("small/small-agent"));
    Files.delete(directory.resolve("small"));
    assertThat(agent.installed()).isEmpty();
    assertThatThrownBy(() -> agent.prepare(InstallProgress.SILENT))
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e).hasMessageContaining("there is no directory " + directory);
              assertThat(e.remedy().orElseThrow()).contains("agents.json");
            });
  }

  @Test
  void aProgramThatIsNotInTheSandboxSaysSo() {
    Agent agent = small.says("{\"x\": {\"command\": \"no-such-agent\"}}").agents().get("acp:x");
    try (RealAgent real = new RealAgent(agent)) {
      assertThatThrownBy(
              () -> {
                try (AgentSession session = real.open(o -> o)) {
                  session.send(new Prompt("go"));
                  Transcript.turn(session);
                }
              })
          .hasMessageContaining("no-such-agent");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[] | it is not a JSON object",
        "{\"A b\": {\"command\": \"x\"}} | a name has",
        "{\"x\": 5} | it must be an object",
        "{\"x\": {}} | it has no command",
        "{\"x\": {\"command\": 5}} | command: 5 is not a text",
        "{\"x\": {\"command\": \"x\", \"arg\": []}} | 'arg' is no known field",
        "{\"x\": {\"command\": \"x\", \"args\": [1]}} | args must be an array of texts",
        "{\"x\": {\"command\": \"x\", \"env\": {\"A-B\": \"\"}}} | env must be an object",
        "{\"x\": {\"command\": \"x\", \"args\": [\"${HOME}\"]}} | ${HOME} is not known",
        "{\"x\": {\"command\": \"x\", \"args\": [\"${MODEL_TOKEN}\"]}} | is in the command line",
        "{\"x\": {\"command\": \"${DIRECTORY}/x\"}} | and there is none",
        "{\"x\": {\"command\": \"x\", \"dialects\": [\"soap\"]}} | dialects: 'soap' is not known",
        "{\"x\": {\"command\": \"x\", \"conversations\": [\"../y\"]}} | is not a path within its home",
      })
  void settingsThatCannotBeAreRefusedWithARemedy(String json, String message) {
    small.says(json);
    assertThatThrownBy(small::agents)
        .isInstanceOfSatisfying(
            AgentException.class,
            e -> {
              assertThat(e.code()).isEqualTo("invalid_settings");
              assertThat(e).hasMessageStartingWith(directory.resolve("agents.json") + ": ");
              assertThat(e).hasMessageContaining(message);
              assertThat(e.remedy()).isPresent();
            });
  }

  @Test
  void aFileThatIsNamedAndNotThereIsAnError() {
    assertThatThrownBy(small::agents)
        .isInstanceOf(AgentException.class)
        .hasMessageContaining("cannot be read");
  }
}
