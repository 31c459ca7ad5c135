package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import dev.dunes.session.RunRecord;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The whole way: HTTP, a sandbox, the real Claude Code, the gateway, a scripted model. */
@Timeout(600)
class RealAgentTest {
  @TempDir Path directory;
  private Shop shop;
  private ScriptedModel model;

  @BeforeEach
  void open() throws IOException {
    model = ScriptedModel.start();
    shop = new Shop(directory);
    shop.with(Agents.open(AgentSettings.current()).get("claude"));
    shop.set("ANTHROPIC_BASE_URL", model.uri().toString());
  }

  @AfterEach
  void close() {
    shop.close();
    model.close();
  }

  private List<String> events(ObjectNode query) throws Exception {
    HttpResponse<String> answer = shop.post("/query", query.toString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    List<String> events = Shop.events(answer.body());
    long terminal =
        events.stream()
            .map(Shop::json)
            .filter(e -> List.of("result", "error").contains(e.get("type").asString()))
            .count();
    assertThat(terminal).isEqualTo(1);
    return events;
  }

  private static JsonNode last(List<String> events) {
    return Shop.json(events.getLast());
  }

  private static JsonNode init(List<String> events) {
    return events.stream()
        .map(Shop::json)
        .filter(e -> e.path("subtype").asString("").equals("init"))
        .findFirst()
        .orElseThrow();
  }

  private RunRecord newest() {
    return shop.server().runs().list(1).getFirst();
  }

  @Test
  void aPromptIsAnsweredAndItsCommandRunInTheSandbox() throws Exception {
    model.add(
        Scenario.of(
            "make",
            Answer.of(
                new Step.Text("I make it."),
                new Step.Shell("echo made > /home/user/made.txt; id -u")),
            Answer.of(new Step.Text("Done."))));

    List<String> events = events(Shop.query("Please [[make]]"));

    assertThat(init(events).get("cwd").asString()).isEqualTo("/home/user");
    JsonNode result = last(events);
    assertThat(result.get("type").asString()).isEqualTo("result");
    assertThat(result.get("is_error").asBoolean()).isFalse();
    assertThat(result.get("result").asString()).isEqualTo("Done.");
    JsonNode file = Shop.json(events.get(events.size() - 2));
    assertThat(file.get("path").asString()).isEqualTo("/home/user/made.txt");
    assertThat(
            new String(
                Base64.getDecoder().decode(file.get("data").asString()), StandardCharsets.UTF_8))
        .isEqualTo("made\n");
    assertThat(newest().status().wireName()).isEqualTo("completed");
    assertThat(newest().agentSessionId()).contains(result.get("session_id").asString());
    assertThat(model.requests()).allMatch(r -> r.header("x-api-key").equals(Optional.of(Shop.KEY)));
  }

  @Test
  void aProviderWithoutRelaysIsReachedByLoopback() throws Exception {
    shop.set("SANDBOX_BACKEND", "host");
    model.add(
        Scenario.of(
            "here",
            Answer.of(new Step.Shell("cat in.txt > out.txt; pwd")),
            Answer.of(new Step.Text("Done."))));
    ObjectNode query = Shop.query("[[here]]");
    query.putObject("files").put("in.txt", "in");

    List<String> events = events(query);

    assertThat(last(events).path("is_error").asBoolean(true)).as(events.getLast()).isFalse();
    JsonNode file = Shop.json(events.get(events.size() - 2));
    assertThat(file.path("path").asString()).isEqualTo("/home/user/out.txt");
    assertThat(file.path("data").asString()).isEqualTo("aW4=");
    assertThat(String.join("", events)).doesNotContain("\"content\":\"/home/user\"");
  }

  @Test
  void noKeyIsToBeFoundInTheSandbox() throws Exception {
    model.add(
        Scenario.of(
            "look",
            Answer.of(
                new Step.Shell(
                    "env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n'; "
                        + "grep -rsl 'sk-ant-[r]eal' /home/user /tmp /run /etc /opt && echo FO''UND; echo looked")),
            Answer.of(new Step.Text("Done."))));

    String all = String.join("\n", events(Shop.query("[[look]]")));

    assertThat(all).contains("ANTHROPIC_AUTH_TOKEN", "looked").doesNotContain(Shop.KEY, "FOUND");
    assertThat(Files.readString(directory.resolve(".sandstorm/runs.jsonl")))
        .doesNotContain(Shop.KEY);
    assertThat(shop.get("/runs/" + newest().id()).body()).doesNotContain(Shop.KEY);
  }

  @Test
  void onlyAllowedToolsAreThere() throws Exception {
    ObjectNode query = Shop.query("[[hello]]");
    query.putArray("allowed_tools").add("Read");

    assertThat(init(events(query)).get("tools").toString()).isEqualTo("[\"Read\"]");
    assertThat(init(events(Shop.query("[[hello]]"))).get("tools").toString()).contains("\"Bash\"");
  }

  @Test
  void aWrongKeyIsSaidSoon() throws Exception {
    model.fail(Fault.status(401));
    long began = System.nanoTime();

    JsonNode last = last(events(Shop.query("[[hello]]")));

    assertThat(last.toString()).contains("401");
    assertThat(newest().status().wireName()).isEqualTo("error");
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(60));
  }

  @Test
  void anAnswerThatFitsASchema() throws Exception {
    model.add(
        Scenario.of(
            "answer",
            Answer.of(new Step.Structured(Shop.json("{\"answer\":\"42\"}"))),
            Answer.of(new Step.Text("Done."))));
    ObjectNode query = Shop.query("[[answer]]");
    query
        .putObject("output_format")
        .put("type", "json_schema")
        .set(
            "schema",
            Shop.json(
                "{\"type\":\"object\",\"properties\":{\"answer\":{\"type\":\"string\"}},\"required\":[\"answer\"]}"));

    JsonNode result = last(events(query));

    assertThat(result.get("type").asString()).isEqualTo("result");
    assertThat(result.path("structured_output").path("answer").isString())
        .as(result.toString())
        .isTrue();
  }

  @Test
  void turnsAreBounded() throws Exception {
    JsonNode result = last(events(Shop.query("[[two]]").put("max_turns", 1)));

    assertThat(result.get("subtype").asString()).isEqualTo("error_max_turns");
    assertThat(newest().outcome()).isEqualTo("error_max_turns");
  }

  @Test
  void aKeptConversationIsGoneOnWith() throws Exception {
    JsonNode first = last(events(Shop.query("[[text]]").put("keep_session", true)));
    String session = first.get("session_id").asString();
    model.forgetRequests();

    List<String> events = events(Shop.query("And now [[hello]]").put("resume", session));

    assertThat(last(events).get("is_error").asBoolean()).as(events.getLast()).isFalse();
    assertThat(last(events).get("session_id").asString()).isEqualTo(session);
    // what was said before is said to the model again
    assertThat(model.requests()).anyMatch(r -> r.bodyText().contains("[[text]]"));

    List<String> forked =
        events(Shop.query("And now [[hello]]").put("resume", session).put("fork_session", true));
    assertThat(last(forked).get("session_id").asString()).isNotEqualTo(session);
  }

  @Test
  void aRunOfARealAgentIsCancelled() throws Exception {
    HttpResponse<java.util.stream.Stream<String>> answer = shop.stream("[[sleep]]");
    String id = answer.headers().firstValue("X-Run-Id").orElseThrow();
    var lines = answer.body().iterator();
    while (!lines.next().contains("tool_use")) {
      assertThat(lines.hasNext()).isTrue();
    }

    assertThat(shop.post("/runs/" + id + "/cancel", "").statusCode()).isEqualTo(200);

    String rest = "";
    while (lines.hasNext()) {
      rest += lines.next();
    }
    assertThat(rest).contains("cancelled by user");
    shop.server()
        .runs()
        .find(id)
        .ifPresent(run -> assertThat(run.awaitCleanup(Duration.ofSeconds(7))).isTrue());
  }

  @Test
  void aLargeMessageIsOneEvent() throws Exception {
    List<String> events = events(Shop.query("[[big]]"));

    assertThat(events.stream().mapToInt(String::length).max().orElse(0)).isGreaterThan(150_000);
    assertThat(last(events).get("is_error").asBoolean()).isFalse();
  }

  @Test
  void uploadedSettingsDoNotReplaceOurs() throws Exception {
    ObjectNode query = Shop.query("[[text]]");
    query
        .putObject("files")
        .put(".claude/settings.json", "{\"env\":{\"ANTHROPIC_BASE_URL\":\"http://127.0.0.1:1\"}}");

    assertThat(last(events(query)).get("is_error").asBoolean()).isFalse();
  }
}
