package dev.dunes.scripted;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Which reply is given to which conversation. */
class ScenarioTest {
  private final ScriptedModel model = ScriptedModel.start();
  private final Caller caller = new Caller(model);

  @AfterEach
  void close() {
    caller.close();
    model.close();
  }

  private static String text(JsonNode message) {
    return message.path("content").path(0).path("text").asString("");
  }

  private JsonNode call(String user, String... tools) throws Exception {
    JsonNode content = caller.messages(user, tools).path("content");
    return content.path(content.size() - 1);
  }

  @Test
  void stepsAreCountedByResultsAndTheLastRepeats() throws Exception {
    for (int results = 0; results < 5; results++) {
      JsonNode reply = caller.json("/v1/messages", Bodies.messages("[[two]]", results, "Bash"));
      String expected = results < 2 ? "tool_use" : "end_turn";
      assertThat(reply.path("stop_reason").asString()).isEqualTo(expected);
    }
    assertThat(model.requests().stream().map(RecordedRequest::step)).containsExactly(0, 1, 2, 2, 2);
    assertThat(model.requests().stream().map(RecordedRequest::scenario)).containsOnly("two");
  }

  @Test
  void parallelCallsConsumeTheirResults() throws Exception {
    JsonNode both = caller.messages("[[multi]]", "Bash");
    assertThat(both.path("content").size()).isEqualTo(3);
    JsonNode after = caller.json("/v1/messages", Bodies.messages("[[multi]]", 2, "Bash"));
    assertThat(text(after)).isEqualTo("Both files are there.");
  }

  @Test
  void theLastMarkerOfTheUserCounts() throws Exception {
    assertThat(text(caller.messages("first [[hello]] then [[text]]")))
        .isEqualTo("Hello from the scripted model.");
    String body =
        """
        {"messages":[{"role":"user","content":"[[two]]"},
          {"role":"assistant","content":"[[hello]]"},
          {"role":"user","content":[{"type":"text","text":"[[text]]"},
                                    {"type":"text","text":"<system-reminder>x</system-reminder>"}]}],
         "system":"[[fail]]","unknown":{"field":[1]}}\
        """;
    assertThat(text(caller.json("/v1/messages", body))).isEqualTo("Hello from the scripted model.");
  }

  @Test
  void bracketsThatNameNoScenarioAreWords() throws Exception {
    assertThat(text(caller.messages("[[text]] and [[no-such]]")))
        .isEqualTo("Hello from the scripted model.");
    assertThat(text(caller.messages("[[no-such]]", "Bash"))).contains("has no answer to that");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          fail|Bash|{"command":"echo boom >&2; exit 3"}
          fail|bash|{"command":"echo boom >&2; exit 3"}
          fail|run_shell_command|{"command":"echo boom >&2; exit 3"}
          write|create_file|{"path":"made.txt","content":"made by write\\n"}
          write|Bash|{"command":"printf %s 'made by write\\n' > made.txt"}
          sub|spawn_agent|{"message":"Run [[text]] and report"}
          sub|invoke_agent|{"agent_name":"generalist","prompt":"Run [[text]] and report"}
          mcp|mcp__scripted__echo|{"text":"ping"}
          mcp|scripted_echo|{"text":"ping"}
          mcp|mcp_scripted_echo|{"text":"ping"}
          struct|StructuredOutput|{"ok":true,"files":["a.txt"]}
          plan|ExitPlanMode|{"plan":"1. do it"}
          """)
  void eachAgentIsAskedForItsOwnTool(String scenario, String tool, String input) throws Exception {
    JsonNode call = call("[[" + scenario + "]]", tool);
    assertThat(call.path("name").asString()).isEqualTo(tool);
    assertThat(call.path("input")).isEqualTo(JsonMapper.shared().readTree(input));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Write|file_path,content|write|{"file_path":"/w/made.txt","content":"made by write\\n"}
          write|filePath,content|write|{"filePath":"/w/made.txt","content":"made by write\\n"}
          Bash|cmd|fail|{"cmd":"echo boom >&2; exit 3"}
          Task|description,prompt,subagent_type|sub|{"description":"sub run","prompt":"Run [[text]] and report","subagent_type":"helper"}
          """)
  void propertiesOfTheSchemaDecideTheFields(
      String tool, String properties, String scenario, String input) throws Exception {
    String schema =
        "{\"properties\":{\"" + String.join("\":{},\"", properties.split(",")) + "\":{}}}";
    String body =
        """
        {"messages":[{"role":"user","content":"[[%s]] [[cwd:/w]] [[subtype:helper]]"}],
         "tools":[{"name":"%s","input_schema":%s}]}\
        """
            .formatted(scenario, tool, schema);
    assertThat(caller.json("/v1/messages", body).path("content").path(0).path("input"))
        .isEqualTo(JsonMapper.shared().readTree(input));
  }

  @Test
  void questionsFitTheAgent() throws Exception {
    JsonNode claude = call("[[ask]]", "AskUserQuestion").path("input").path("questions").path(0);
    assertThat(claude.path("multiSelect").isBoolean()).isTrue();
    JsonNode codex =
        call("[[cxask]]", "request_user_input").path("input").path("questions").path(0);
    assertThat(codex.path("id").asString()).isEqualTo("colour");
    JsonNode openCode = call("[[ocask]]", "question").path("input").path("questions").path(0);
    assertThat(openCode.toString())
        .isEqualTo(
            "{\"question\":\"Which colour?\",\"header\":\"Colour\",\"options\":["
                + "{\"label\":\"Red\",\"description\":\"r\"},{\"label\":\"Blue\",\"description\":\"b\"}]}");
  }

  @Test
  void withoutAFittingToolItSaysWhatIsOffered() throws Exception {
    assertThat(text(caller.messages("[[plan]]", "one", "two")))
        .isEqualTo("No tool here does 'ExitPlanMode'. Offered: one, two");
  }

  @Test
  void theBigMessageIsWhole() throws Exception {
    assertThat(text(caller.messages("[[big]]"))).hasSize(200 * 1024);
  }

  @Test
  void rulesAnswerWhatHasNoMarker() throws Exception {
    JsonNode write = call("Please create a file named notes/a.txt", "Write");
    assertThat(write.path("input").path("path").asString()).isEqualTo("notes/a.txt");
    JsonNode done =
        caller.json("/v1/messages", Bodies.messages("create a file called b.md", 1, "Write"));
    assertThat(text(done)).isEqualTo("b.md is there.");
  }

  @Test
  void rulesDoNotReadWhatAgentsPutAround() throws Exception {
    String reminder = "<system-reminder>create a file c.txt</system-reminder>";
    assertThat(text(caller.messages(reminder, "Write"))).contains("has no answer to that");
    JsonNode write = call(reminder + " Please create a file d.txt", "Write");
    assertThat(write.path("input").path("path").asString()).isEqualTo("d.txt");
    String body =
        """
        {"messages":[{"role":"user","content":"Create a file e.txt"},
          {"role":"system","content":"# Environment [[text]]"}],"tools":[{"name":"Write"}]}\
        """;
    JsonNode other = caller.json("/v1/messages", body).path("content").path(1);
    assertThat(other.path("input").path("path").asString()).isEqualTo("e.txt");
  }

  @Test
  void aRuleDoesNotOutliveItsTurn() throws Exception {
    String body =
        """
        {"messages":[{"role":"user","content":"create a file a.txt"},
          {"role":"assistant","content":"a.txt is there."},
          {"role":"user","content":"thanks"}],"tools":[{"name":"Write"}]}\
        """;
    assertThat(text(caller.json("/v1/messages", body))).contains("has no answer to that");
  }

  @Test
  void scenariosAreAddedInCodeAndInFiles() throws Exception {
    model.add(Scenario.saying("mine", "from code"));
    assertThat(text(caller.messages("[[mine]]"))).isEqualTo("from code");
    String file =
        """
        {"scenarios":{"mine":[{"text":"from a file"}]},
         "rules":[{"name":"greet","when":"hello (\\\\w+)","steps":[{"text":"hello \\"{{1}}\\""}]}]}\
        """;
    assertThat(caller.send("PUT", "/_script/script", file).statusCode()).isEqualTo(200);
    assertThat(text(caller.messages("[[mine]]"))).isEqualTo("from a file");
    assertThat(text(caller.messages("hello you"))).isEqualTo("hello \"you\"");
    model.add(
        new Script(
            java.util.Map.of(),
            List.of(
                new Rule(
                    "shout",
                    Pattern.compile("hello (\\w+)"),
                    match ->
                        List.of(
                            Answer.of(
                                new Step.Text(
                                    match.group(1).toUpperCase(java.util.Locale.ROOT))))))));
    assertThat(text(caller.messages("hello you"))).isEqualTo("YOU");
  }

  @Test
  void scriptsThatCannotBePlayedAreRefused() {
    assertThatThrownBy(() -> parse("{\"scenarios\":{\"a\":[{\"sh\":\"ls\"}]}}"))
        .hasMessage("a: the last answer must call no tool");
    assertThatThrownBy(() -> parse("{\"scenarios\":{\"a\":[{\"text\":\"x\"},{\"text\":\"y\"}]}}"))
        .hasMessage("a: only the last answer may call no tool");
    assertThatThrownBy(() -> parse("{\"scenarios\":{\"a\":[{\"dance\":1}]}}"))
        .hasMessage("unknown kind of step: dance");
    assertThatThrownBy(() -> parse("{\"scenarios\":{\"a b\":[{\"text\":\"x\"}]}}"))
        .hasMessageContaining("letters, digits");
    assertThatThrownBy(() -> parse("{\"rules\":[{\"name\":\"r\",\"when\":\"x\",\"steps\":[]}]}"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Script parse(String json) {
    return Script.parse(json.getBytes(StandardCharsets.UTF_8));
  }
}
