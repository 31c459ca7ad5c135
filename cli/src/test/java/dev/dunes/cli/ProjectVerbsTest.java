package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** init and add. */
class ProjectVerbsTest {
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  @TempDir Path directory;

  private Ds.Result run(String... arguments) {
    return ds.directory(directory).run(arguments);
  }

  private JsonNode project() throws IOException {
    return JsonMapper.shared().readTree(Files.readAllBytes(directory.resolve("sandstorm.json")));
  }

  private static Stream<String> starters() {
    return Starter.all().stream().map(Starter::name);
  }

  @Test
  void thereAreSevenStarters() {
    assertThat(starters())
        .containsExactlyInAnyOrder(
            "general-assistant",
            "research-brief",
            "document-analyst",
            "support-triage",
            "api-extractor",
            "security-audit",
            "code-review");
    Ds.Result list = run("init", "--list");
    starters().forEach(name -> assertThat(list.out()).contains(name));
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @MethodSource("starters")
  void aStarterIsWrittenWholeAndIsWellFormed(String name) throws IOException {
    Ds.Result result = run("init", name);
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
    Path made = directory.resolve(name);
    for (String file : Starter.named(name).orElseThrow().files()) {
      assertThat(made.resolve(file)).isNotEmptyFile();
      assertThat(result.out()).contains(file);
    }
    assertThat(made.resolve(".env")).doesNotExist();
    JsonNode config =
        JsonMapper.shared().readTree(Files.readAllBytes(made.resolve("sandstorm.json")));
    assertThat(config.path("timeout").asInt()).isBetween(5, 3600);
    if (config.has("skills_dir")) {
      Path skills = made.resolve(config.path("skills_dir").asString());
      try (Stream<Path> each = Files.list(skills)) {
        assertThat(each).isNotEmpty().allMatch(skill -> Files.exists(skill.resolve("SKILL.md")));
      }
    }
  }

  @Test
  void nothingIsOverwrittenUnlessForced() throws IOException {
    Files.createDirectories(directory.resolve("here"));
    Files.writeString(directory.resolve("here/sandstorm.json"), "mine");
    Ds.Result refused = run("init", "code-review", "here");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("has sandstorm.json already").contains("--force");
    assertThat(directory.resolve("here")).isDirectoryNotContaining("glob:**README.md");
    assertThat(run("init", "code-review", "here", "--force").code()).isZero();
    assertThat(directory.resolve("here/sandstorm.json")).content().contains("verdict");
  }

  @Test
  void startersThatAreNoneAreRefused() throws IOException {
    assertThat(run("init", "no-such").code()).isEqualTo(2);
    Files.writeString(directory.resolve("file"), "");
    assertThat(run("init", "code-review", "file").code()).isEqualTo(1);
    assertThat(run("init", "--list", "code-review").code()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          linear|LINEAR_API_KEY|{"command":"npx","args":["-y","linear-mcp"],"env":{"LINEAR_ACCESS_TOKEN":"${LINEAR_API_KEY}"}}
          notion|NOTION_TOKEN|{"command":"npx","args":["-y","@notionhq/notion-mcp-server"],"env":{"NOTION_TOKEN":"${NOTION_TOKEN}"}}
          firecrawl|FIRECRAWL_API_KEY|{"command":"npx","args":["-y","firecrawl-mcp"],"env":{"FIRECRAWL_API_KEY":"${FIRECRAWL_API_KEY}"}}
          exa|EXA_API_KEY|{"command":"npx","args":["-y","exa-mcp-server"],"env":{"EXA_API_KEY":"${EXA_API_KEY}"}}
          github|GITHUB_TOKEN|{"command":"npx","args":["-y","@fre4x/github"],"env":{"GITHUB_TOKEN":"${GITHUB_TOKEN}"}}
          """)
  void packsAreAdded(String pack, String variable, String server) throws IOException {
    Ds.Result result = run("add", pack);
    assertThat(result.err()).isEmpty();
    assertThat(result.out())
        .isEqualTo("Added %s to sandstorm.json\nSet %s in .env\n".formatted(pack, variable));
    assertThat(project().path("mcp_servers").path(pack))
        .isEqualTo(JsonMapper.shared().readTree(server));
    assertThat(directory.resolve(".env")).hasContent("# " + variable + "=\n");
    assertThat(directory.resolve(".env.example")).hasContent(variable + "=\n");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(".env"))))
        .isEqualTo("rw-------");
    assertThat(run("add", pack).out()).startsWith(pack + " was there already");
    assertThat(run("add", "--list").out()).contains(pack).contains("yes");
  }

  @Test
  void whatIsThereStaysAsItIs() throws IOException {
    Files.writeString(
        directory.resolve("sandstorm.json"),
        "{\"model\":\"opus\",\"allowed_tools\":[\"Read\"],\"mcp_servers\":{\"exa\":{\"command\":\"x\"}}}");
    Files.writeString(directory.resolve(".env"), "export EXA_API_KEY=real");
    Ds.Result refused = run("add", "exa");
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("another server 'exa'").contains("--force");
    assertThat(run("add", "exa", "--force").out()).isEqualTo("Added exa to sandstorm.json\n");
    assertThat(project().path("model").asString()).isEqualTo("opus");
    assertThat(project().path("allowed_tools").toString()).isEqualTo("[\"Read\",\"mcp__exa__*\"]");
    assertThat(directory.resolve(".env")).hasContent("export EXA_API_KEY=real");
  }

  @Test
  void serversOfYourOwnAreAdded() throws IOException {
    Ds.Result result =
        run(
            "add",
            "--custom",
            "jira",
            "--package",
            "mcp-atlassian",
            "--runtime",
            "uvx",
            "--env",
            "JIRA_TOKEN",
            "--arg",
            "--read-only",
            "--arg",
            "x");
    assertThat(result.err()).isEmpty();
    assertThat(project().path("mcp_servers").path("jira").toString())
        .isEqualTo(
            "{\"command\":\"uvx\",\"args\":[\"mcp-atlassian\",\"--read-only\",\"x\"],"
                + "\"env\":{\"JIRA_TOKEN\":\"${JIRA_TOKEN}\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "add no-such",
    "add",
    "add exa --custom x --package y",
    "add --custom x",
    "add --custom a.b --package y",
    "add --custom x --package y --runtime bunx",
    "add --custom x --package y --env A-B",
    "add exa --package y"
  })
  void whatMakesNoSenseIsExit2(String arguments) {
    assertThat(run(arguments.split(" ")).code()).isEqualTo(2);
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void aBrokenProjectIsNotTouched() throws IOException {
    Files.writeString(directory.resolve("sandstorm.json"), "{broken");
    Ds.Result result = run("add", "exa");
    assertThat(result.err()).startsWith("❌ sandstorm.json cannot be changed: ");
    assertThat(result.code()).isEqualTo(1);
    assertThat(directory.resolve("sandstorm.json")).hasContent("{broken");
    assertThat(directory.resolve(".env")).doesNotExist();
  }
}
