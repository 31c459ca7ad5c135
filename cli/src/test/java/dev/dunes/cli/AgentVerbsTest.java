package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ds agents} and {@code ds install-agent}. */
class AgentVerbsTest {
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  @TempDir private Path directory;

  @Test
  void agentsAreListedWithWhatTheyCan() {
    ds.env("DUNES_AGENTS", directory.toString());
    Ds.Result table = ds.run("agents");
    assertThat(table.code()).isZero();
    assertThat(table.out())
        .startsWith("Agent ")
        .containsPattern("(?m)^claude +not installed +- +.*textMessages")
        .containsPattern("(?m)^mock +built in +builtin +planMode ")
        .contains("`ds install-agent AGENT` installs one");
    JsonNode json = JsonMapper.shared().readTree(ds.run("agents", "--json").out());
    for (JsonNode agent : json) {
      assertThat(agent.path("capabilities").size()).isEqualTo(18);
      assertThat(agent.has("unavailable")).isTrue();
    }
    JsonNode mock = json.path(json.findValuesAsString("id").indexOf("mock"));
    assertThat(mock.path("installed").asBoolean()).isTrue();
    assertThat(mock.path("path").isNull()).isTrue();
    assertThat(mock.path("capabilities").path("questions").asBoolean()).isTrue();
    assertThat(mock.path("capabilities").path("sharedProcess").asBoolean()).isFalse();
  }

  @Test
  void agentsOfTheUsersOwnFileAreListedAndWhatIsWrongInItIsSaid() throws IOException {
    Path file = directory.resolve("agents.json");
    ds.env("DUNES_AGENTS", directory.toString()).env("DUNES_AGENTS_FILE", file.toString());
    Files.writeString(file, "{\"mine\": {\"command\": \"mine\", \"args\": [\"--acp\"]}}");
    assertThat(ds.run("agents").out())
        .containsPattern("(?m)^acp:mine +installed +unknown +permissions .*textMessages");
    assertThat(ds.run("install-agent", "acp:mine").out())
        .isEqualTo("acp:mine unknown is part of the sandbox\n");

    Files.writeString(file, "{\"mine\": {\"comand\": \"mine\"}}");
    Ds.Result wrong = ds.run("agents");
    assertThat(wrong.code()).isEqualTo(1);
    assertThat(wrong.err())
        .isEqualTo(
            "❌ %s: agent 'mine': 'comand' is no known field\ndid you mean 'command'?\n"
                .formatted(file));
  }

  @Test
  void aBuiltInAgentIsThere() {
    Ds.Result result = ds.run("install-agent", "mock", "-r");
    assertThat(result.out()).isEqualTo("mock builtin is part of Dunes\n");
    assertThat(result.code()).isZero();
  }

  @Test
  void whatCannotBeInstalledIsSaid() {
    Ds.Result unknown = ds.run("install-agent", "claud");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.err()).isEqualTo("❌ unknown agent 'claud'\ndid you mean 'claude'?\n");
    ds.env("DUNES_AGENTS", directory.toString()).env("DUNES_AGENTS_OFFLINE", directory.toString());
    Ds.Result offline = ds.run("install-agent", "claude");
    assertThat(offline.code()).isEqualTo(1);
    assertThat(offline.err()).startsWith("❌ ").contains(directory.toString());
    assertThat(ds.run("install-agent").code()).isEqualTo(2);
  }

  @Test
  void anInstalledAgentIsNotInstalledAgain() {
    RealAgent.require();
    ds.env(System.getenv());
    assertThat(ds.run("install-agent", "claude").out())
        .matches("claude [0-9.]+ is there: /.*/claude/[0-9.]+\n");
  }
}
