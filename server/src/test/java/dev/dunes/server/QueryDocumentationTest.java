package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.server.http.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What the page on the Query API shows is what happens: every block runs against a server. */
class QueryDocumentationTest {
  private static final Path DOCS = Path.of(System.getProperty("dunes.root"), "docs");
  private static final Pattern BLOCK =
      Pattern.compile("(?m)^```(\\w+)\\n(.*?)^```$", Pattern.DOTALL);

  @TempDir static Path directory;
  private static Shop shop;
  private static ScriptedModel model;

  @BeforeAll
  static void open() throws IOException {
    model = ScriptedModel.start();
    shop = new Shop(directory);
    shop.with(Agents.open(AgentSettings.current()).get("claude"));
    shop.set("ANTHROPIC_BASE_URL", model.uri().toString());
  }

  @AfterAll
  static void close() {
    shop.close();
    model.close();
  }

  private record Block(String language, String text, int number) {}

  private static Stream<Block> blocks(String page) throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(DOCS.resolve(page)));
    int[] number = {0};
    return block
        .results()
        .map(found -> new Block(found.group(1), found.group(2), ++number[0]))
        .toList()
        .stream();
  }

  @TestFactory
  Stream<DynamicTest> blocksRun() throws IOException {
    return blocks("query.md")
        .map(block ->
            DynamicTest.dynamicTest(block.language() + " " + block.number(), () -> run(block)));
  }

  private static void run(Block block) throws Exception {
    String text = block.text().replace("http://localhost:8000", shop.server().uri().toString());
    switch (block.language()) {
      case "sh" -> {
        // Everything a block prints that is an answer must be one that went well.
        String output = run("bash", "-e", "-o", "pipefail", "-c", text);
        assertThat(output).doesNotContain("\"detail\"", "\"type\":\"error\"");
      }
      case "python" -> {
        String python = System.getenv("DUNES_TEST_PYTHON");
        assumeTrue(python != null, "DUNES_TEST_PYTHON is not set: no Python with the clients");
        assertThat(run(python, "-c", text).lines()).last().isEqualTo("result");
      }
      case "js" ->
          assertThat(run("node", "--input-type=module", "-e", text).lines())
              .last()
              .isEqualTo("result");
      default -> throw new AssertionError("nobody runs blocks of " + block.language());
    }
  }

  private static String run(String... command) throws Exception {
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).directory(directory.toFile()).start();
    process.getOutputStream().close();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(text).isZero();
    return text;
  }

  @Test
  void configurationsThatAreShownAreGood() throws IOException {
    for (Block block : blocks("serving.md").filter(b -> b.language().equals("json")).toList()) {
      assertThat(Json.MAPPER.readTree(block.text()).isObject()).isTrue();
      Path own = Files.createDirectory(directory.resolve("config-" + block.number()));
      try (Shop other = new Shop(own)) {
        other.set("HOOK_SECRET", "x");
        other.write("sandstorm.json", block.text());
        assertThat(other.server().runs().health().problems()).isEmpty();
        boolean triggers = block.text().contains("nightly");
        assertThat(other.server().runs().triggers().all()).hasSize(triggers ? 2 : 0);
      }
    }
  }
}
