package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What `ds "prompt"` sends, and how it shows what comes back, with a server that is made up. */
class QueryRemoteTest {
  private static final String INIT =
      "{\"type\":\"system\",\"subtype\":\"init\",\"model\":\"m-1\",\"tools\":[\"Bash\"]}";
  private static final String TEXT = assistant("{\"type\":\"text\",\"text\":\"Hello\\tyou\"}");
  private static final String TOOL =
      assistant(
          "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"Bash\",\"input\":{\"command\":\"echo hi\\necho you\"}}");
  private static final String TOOL_RESULT =
      "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\","
          + "\"content\":\"one\\ntwo\\nthree\\nfour\"}]}}";
  private static final String SUCCESS =
      "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":2,"
          + "\"total_cost_usd\":0.0731,\"result\":\"Hello\"}";

  private final FakeServer server = new FakeServer();
  private final Ds ds = Ds.with(new FakeProvider("fake"));
  @TempDir Path directory;

  @AfterEach
  void close() {
    server.close();
  }

  private static String assistant(String block) {
    return "{\"type\":\"assistant\",\"message\":{\"content\":[" + block + "]}}";
  }

  private Ds.Result ask(String... arguments) {
    List<String> all = new ArrayList<>(List.of("--server", server.url()));
    all.addAll(List.of(arguments));
    return ds.directory(directory).run(all.toArray(String[]::new));
  }

  private JsonNode body() {
    return JsonMapper.shared().readTree(server.seen.getFirst().body());
  }

  @Test
  void theAnswerIsOnStandardOutputAndStepsBesideIt() {
    server.events(INIT, TEXT, TOOL, TOOL_RESULT, SUCCESS);
    Ds.Result result = ask("Say hello");
    assertThat(result.out()).isEqualTo("Hello\tyou\n");
    assertThat(result.err())
        .isEqualTo("[tool: Bash] echo hi …\n--- Result: success | turns: 2 | cost: $0.0731 ---\n");
    assertThat(result.code()).isZero();
    assertThat(server.seen.getFirst().line()).isEqualTo("POST /query");
    assertThat(server.seen.getFirst().authorization()).isEqualTo("null");
    assertThat(server.seen.getFirst().body()).isEqualTo("{\"prompt\":\"Say hello\"}");
  }

  @Test
  void onATerminalMoreIsShownAndNothingSteersIt() {
    server.events(
        INIT,
        assistant("{\"type\":\"text\",\"text\":\"a\\u001b[31m\\tb\"}"),
        TOOL,
        TOOL_RESULT,
        SUCCESS);
    ds.terminals(false, true, true).env("TERM", "dumb");
    Ds.Result result = ask("Say hello");
    assertThat(result.out()).isEqualTo("a\\u001b[31m    b\n");
    assertThat(result.err())
        .contains("[tool: Bash] echo hi …\n  one\n  two\n  three\n  … 1 more lines\n")
        .containsPattern("cost: \\$0.0731 \\| time: \\d+\\.\\d s ---\n");
  }

  @ParameterizedTest
  @CsvSource({"--json", "--raw", "--json-output"})
  void eventsArePassedOnAsTheyAre(String flag) {
    server.events(INIT, TEXT, SUCCESS);
    Ds.Result result = ask(flag, "x");
    assertThat(result.out()).isEqualTo(INIT + "\n" + TEXT + "\n" + SUCCESS + "\n");
    assertThat(result.err()).isEmpty();
    assertThat(result.code()).isZero();
  }

  @Test
  void withASchemaStandardOutputIsJsonOnly() {
    String init = INIT.replace("\"Bash\"", "\"Bash\",\"StructuredOutput\"");
    server.events(
        init,
        TEXT,
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":false,\"num_turns\":1,"
            + "\"structured_output\":{\"ok\":true,\"list\":[1,{}],\"none\":[]}}");
    Ds.Result shown = ask("x");
    assertThat(shown.out())
        .isEqualTo(
            """
            {
              "ok": true,
              "list": [
                1,
                {}
              ],
              "none": []
            }
            """);
    assertThat(shown.err())
        .isEqualTo("Hello\\tyou\n--- Result: success | turns: 1 | cost: n/a ---\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '%',
      textBlock =
          """
          {"type":"result","subtype":"success","is_error":true,"num_turns":1,"total_cost_usd":0,"result":"bad key"}%Error: bad key~--- Result: error | turns: 1 | cost: $0.0000 ---~
          {"type":"result","subtype":"error_max_turns","is_error":true,"num_turns":1,"errors":["too many"]}%Error: too many~--- Result: error_max_turns | turns: 1 | cost: n/a ---~
          {"type":"error","error":"Run timed out after 5 s","code":"timeout"}%Error: Run timed out after 5 s~
          """)
  void whatFailedIsExit1(String event, String lines) {
    server.events(INIT, event);
    Ds.Result result = ask("x");
    assertThat(result.code()).isEqualTo(1);
    assertThat(result.err()).isEqualTo(lines.replace('~', '\n'));
    assertThat(result.out()).isEmpty();
  }

  @Test
  void aStreamThatJustEndsIsAFailure() {
    server.events(INIT, TEXT);
    Ds.Result result = ask("x");
    assertThat(result.err()).isEqualTo("❌ the events of run 1a2b3c4d just stopped\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void warningsDiagnosticsAndSubagentsGoBesideTheAnswer() {
    server.events(
        INIT,
        "{\"type\":\"warning\",\"message\":\"timeout reduced\"}",
        "{\"type\":\"stderr\",\"data\":\"one\\ntwo\"}",
        "{\"type\":\"stdout\",\"data\":\"odd\"}",
        "{\"type\":\"new_kind\"}",
        "{\"type\":\"assistant\",\"parent_tool_use_id\":\"t1\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"from below\"}]}}",
        SUCCESS);
    Ds.Result result = ask("x");
    assertThat(result.out()).isEmpty();
    assertThat(result.err())
        .startsWith("Warning: timeout reduced\none\ntwo\nodd\n  from below\n--- Result");
  }

  @Test
  void linesMayEndAsTheyLikeAndEventsMayBeLarge() {
    String large = "x".repeat(200 * 1024);
    server.bytes(
        "data:"
            + INIT
            + "\r\n\r\n: ping\r\n\r\ndata: "
            + assistant("{\"type\":\"text\",\"text\":\"" + large + "\"}")
            + "\r\n\r\ndata: "
            + SUCCESS
            + "\r\n\r\n");
    assertThat(ask("x").out()).isEqualTo(large + "\n");
  }

  @Test
  void everyOptionReachesTheServer() throws IOException {
    Files.writeString(directory.resolve("a.txt"), "text");
    Files.createDirectories(directory.resolve("deep"));
    Files.write(directory.resolve("deep/b.bin"), new byte[] {(byte) 0xFF, 0});
    server.events(INIT, SUCCESS);
    Ds.Result result =
        ask(
            "--api-key",
            "secret",
            "-m",
            "opus",
            "--max-turns",
            "3",
            "-t",
            "60",
            "-f",
            "a.txt",
            "-f",
            "deep/b.bin",
            "--anthropic-key",
            "k1",
            "--openrouter-api-key",
            "k2",
            "--e2b-api-key",
            "k3",
            "--resume",
            "s",
            "--fork",
            "--budget",
            "0.5",
            "--keep-session",
            "--allowed-tools",
            "Read, Bash",
            "the prompt");
    assertThat(result.code()).as(result.err()).isZero();
    assertThat(server.seen.getFirst().authorization()).isEqualTo("Bearer secret");
    assertThat(body())
        .isEqualTo(
            JsonMapper.shared()
                .readTree(
                    """
                    {"prompt":"the prompt","model":"opus","max_turns":3,"timeout":60,"resume":"s",
                     "fork_session":true,"max_budget_usd":0.5,"keep_session":true,
                     "allowed_tools":["Read","Bash"],"anthropic_api_key":"k1",
                     "openrouter_api_key":"k2","e2b_api_key":"k3",
                     "files":{"a.txt":"text","deep/b.bin":{"base64":"/wA="}}}\
                    """));
  }

  @Test
  void theServersKeyComesFromTheEnvironmentOrItsFile() throws IOException {
    server.events(INIT, SUCCESS);
    Files.writeString(directory.resolve(".env"), "SANDSTORM_API_KEY='from file'\n");
    ask("x");
    assertThat(server.seen.getLast().authorization()).isEqualTo("Bearer from file");
    ds.env("DUNES_API_KEY", "from environment");
    ask("x");
    assertThat(server.seen.getLast().authorization()).isEqualTo("Bearer from environment");
  }

  @Test
  void filesAreSavedBelowTheDirectoryAndNowhereElse() throws IOException {
    server.events(
        INIT,
        "{\"type\":\"file\",\"name\":\"a.txt\",\"relative_path\":\"d/a.txt\",\"size\":2,\"data\":\"aGk=\"}",
        "{\"type\":\"file\",\"name\":\"big file.bin\",\"relative_path\":\"big file.bin\",\"size\":9000001,\"data\":null}",
        SUCCESS);
    Ds.Result saved = ask("-o", "out", "x");
    assertThat(directory.resolve("out/d/a.txt")).hasContent("hi");
    assertThat(directory.resolve("out/big file.bin")).hasContent("large");
    assertThat(saved.err()).contains("[file: out/d/a.txt]\n[file: out/big file.bin]\n");
    assertThat(ask("x").err()).contains("[file: d/a.txt, 2 bytes; -o DIR saves it]");
    for (String bad : List.of("../evil", "/etc/evil", "", ".")) {
      server.events(
          INIT,
          "{\"type\":\"file\",\"relative_path\":\"%s\",\"data\":\"aGk=\"}".formatted(bad),
          SUCCESS);
      Ds.Result refused = ask("-o", "out", "x");
      assertThat(refused.err()).contains("not a name for a file");
      assertThat(refused.code()).isEqualTo(1);
    }
    assertThat(directory.resolve("evil")).doesNotExist();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          422|{"detail":[{"type":"x","loc":["body","files"],"msg":"Value error, Too many files"}]}|❌ files: Too many files
          401|{"detail":"Not authenticated"}|❌ Not authenticated (--api-key)
          429|{"type":"error","error":"Max concurrent agents","detail":"Max concurrent agents"}|❌ Max concurrent agents
          502|<html>|❌ HTTP 502 <html>
          """)
  void refusalsOfTheServerAreOneLine(int status, String body, String line) {
    server.refuse(status, body);
    Ds.Result result = ask("x");
    assertThat(result.err()).isEqualTo(line + "\n");
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void aServerThatIsNotThereIsOneLine() {
    server.close();
    Ds.Result result = ask("x");
    assertThat(result.err()).startsWith("❌ cannot reach " + server.url());
    assertThat(result.code()).isEqualTo(1);
  }

  @Test
  void promptsComeFromStandardInputToo() {
    server.events(INIT, SUCCESS);
    ds.stdin("from a pipe");
    assertThat(ask().code()).isZero();
    assertThat(body().path("prompt").asString()).isEqualTo("from a pipe");
    ds.stdin("again");
    assertThat(ds.run("query", "-", "--server", server.url()).code()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          -f no-such x|❌ --file: 'no-such' does not exist
          -f . x|❌ --file: '.' is not a file
          --agent codex x|❌ --agent and --provider are for runs on this machine
          -t x x|❌ Invalid value for option '--timeout'
          one two|❌ unexpected argument 'two': the prompt is one argument
          """)
  void whatMakesNoSenseIsExit2(String arguments, String line) {
    Ds.Result result = ask(arguments.split(" "));
    assertThat(result.err()).startsWith(line);
    assertThat(result.code()).isEqualTo(2);
    assertThat(server.seen).isEmpty();
  }

  @Test
  void cancelAsksTheServer() {
    Ds.Result result = ds.run("cancel", "1a2b3c4d", "--server", server.url(), "--api-key", "k");
    assertThat(result.out()).isEqualTo("cancelling 1a2b3c4d\n");
    assertThat(server.seen.getFirst())
        .isEqualTo(new FakeServer.Seen("POST /runs/1a2b3c4d/cancel", "Bearer k", ""));
    server.refuse(409, "{\"error\":\"run status is completed, cannot cancel\"}");
    Ds.Result ended = ds.run("cancel", "1a2b3c4d", "--server", server.url());
    assertThat(ended.err()).isEqualTo("❌ run status is completed, cannot cancel\n");
    assertThat(ended.code()).isEqualTo(1);
  }
}
