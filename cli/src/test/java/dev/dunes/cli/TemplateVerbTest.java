package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code ds template} with a real server and real sandboxes. */
@Timeout(120)
class TemplateVerbTest {
  @TempDir private Path directory;
  private DunesServer server;
  private Ds ds;

  @BeforeEach
  void start() throws Exception {
    // Sandboxes run as another user, who must be able to reach what they are shown.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_STATE", directory.resolve("state").toString());
    RunsConfig runs = RunsConfig.builder().directory(directory).environment(environment).build();
    server =
        DunesServer.start(
            ServerConfig.builder(runs).host("127.0.0.1").port(0).token("s".repeat(40)).build());
    ds = Ds.with(new FakeProvider("fake")).env("DUNES_TOKEN", "s".repeat(40));
  }

  @AfterEach
  void stop() {
    server.close(Duration.ZERO);
  }

  private Ds.Result run(String... words) {
    String[] all = java.util.Arrays.copyOf(words, words.length + 2);
    all[words.length] = "-e";
    all[words.length + 1] = server.uri().toString();
    return ds.run(all);
  }

  private Path project(String description) throws Exception {
    Path project = Files.createDirectories(directory.resolve("project"));
    Files.writeString(project.resolve("hello.txt"), "hello\n");
    Files.writeString(project.resolve("dunes.template"), description);
    return project;
  }

  @Test
  void aTemplateIsBuiltListedAndDeleted() throws Exception {
    Path project =
        project(
            """
            # what the tests need
            FROM base
            ENV NAME="the world" OTHER=x
            WORKDIR /home/user/app
            COPY hello.txt ./
            RUN cat hello.txt && \\
                echo "to $NAME"
            """);
    Ds.Result built = run("template", "build", project.toString(), "--name", "cli-app", "--json");
    assertThat(built.code()).as(built.err()).isZero();
    assertThat(built.err()).contains("hello\n").contains("to the world\n");
    JsonNode outcome = JsonMapper.shared().readTree(built.out());
    assertThat(outcome.path("status").asString("")).isEqualTo("ready");
    assertThat(run("template", "list").out()).contains("cli-app").contains("ready");
    assertThat(JsonMapper.shared().readTree(run("template", "list", "--json").out())).hasSize(1);
    assertThat(run("template", "delete", "cli-app").code()).isZero();
    assertThat(run("template", "list").out()).isEqualTo("No templates\n");
    assertThat(run("template", "delete", "cli-app").code()).isEqualTo(1);
  }

  @Test
  void aFailureNamesItsLine() throws Exception {
    Path project = project("FROM base\nRUN true\nRUN exit 4\n");
    Ds.Result failed = run("template", "build", project.toString(), "--name", "cli-bad");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err()).contains("line 3: the command failed with exit code 4");
    assertThat(run("template", "delete", "cli-bad").code()).isZero();
  }

  @Test
  void whoMeantAnImageIsTold() throws Exception {
    Path project = project("FROM debian\nRUN true\n");
    Ds.Result failed = run("template", "build", project.toString(), "--name", "cli-debian");
    assertThat(failed.code()).isEqualTo(1);
    assertThat(failed.err())
        .contains("unknown template: debian")
        .contains("such as FROM debian:latest");
    assertThat(
            Ds.with(new FakeProvider("fake"))
                .env("DUNES_TOKEN", "wrong")
                .run("template", "list", "-e", server.uri().toString())
                .err())
        .contains("ds keys create NAME");
  }

  @Test
  void filesThatMakeNoSenseAreRefused() throws Exception {
    for (Map.Entry<String, String> wrong :
        Map.of(
                "RUN x", "the first instruction must be FROM",
                "FROM base\nADD a b", "line 2: 'ADD' is not known",
                "FROM base\nCOPY a", "line 2: COPY needs what and where to",
                "FROM base\nENV A", "line 2: ENV needs NAME=VALUE",
                "FROM base\nRUN", "line 2: RUN needs something after it",
                "FROM base\nCOPY ../secret x", "outside of",
                "FROM base\nCOPY missing x", "there is no such file",
                "# nothing", "has no FROM")
            .entrySet()) {
      Path project = project(wrong.getKey());
      Ds.Result refused = run("template", "build", project.toString(), "--name", "cli-odd");
      assertThat(refused.code()).as(wrong.getKey()).isEqualTo(2);
      assertThat(refused.err()).contains(wrong.getValue());
    }
    assertThat(run("template", "build", directory.resolve("state").toString(), "--name", "x").err())
        .contains("there is nothing to build");
  }

  @Test
  void instructionsBecomeSteps() {
    TemplateFile file =
        TemplateFile.parse(
            "f",
            "from python:3\nENV A b c\nCOPY a.txt b.txt dir/\nUSER root\nCMD serve --all\nREADY test -f x");
    assertThat(file.from()).isEqualTo("python:3");
    assertThat(file.steps())
        .containsExactly(
            new TemplateFile.Step("ENV", List.of("A", "b c"), 2),
            new TemplateFile.Step("COPY", List.of("a.txt", "dir/", "", ""), 3),
            new TemplateFile.Step("COPY", List.of("b.txt", "dir/", "", ""), 3),
            new TemplateFile.Step("USER", List.of("root"), 4));
    assertThat(file.start()).contains("serve --all");
    assertThat(file.ready()).contains("test -f x");
    assertThatThrownBy(() -> TemplateFile.parse("f", "FROM a\nFROM b"))
        .hasMessageContaining("one FROM");
  }
}
