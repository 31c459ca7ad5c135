package dev.dunes.session;

import static dev.dunes.session.Workshop.RESULT;
import static dev.dunes.session.Workshop.echo;
import static dev.dunes.session.Workshop.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.ModelDialect;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sandstorm.json}, {@code .env} and requests: what an agent is told in the end. */
class ConfigurationTest {
  @TempDir Path directory;
  private Workshop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Workshop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  private AgentOptions options(java.util.function.UnaryOperator<RunRequest.Builder> more) {
    List<RunEvent> events = shop.run(echo(RESULT), more);
    assertThat(texts(events)).last().isEqualTo(RESULT);
    return shop.agent.opened.getLast();
  }

  private void config(String json) throws IOException {
    shop.write("sandstorm.json", json.replace('\'', '"'));
  }

  @Test
  void withoutAFileEverythingIsTheAgentsOwn() {
    AgentOptions options = options(request -> request);

    assertThat(options.model()).isEmpty();
    assertThat(options.maxTurns()).isEmpty();
    assertThat(options.allowedTools()).isEmpty();
    assertThat(options.systemPrompt()).isEmpty();
    assertThat(options.appendSystemPrompt()).isEmpty();
    assertThat(options.skills()).isFalse();
  }

  @Test
  void theRequestWinsOverTheFile() throws IOException {
    config(
        "{'model':'sonnet','max_turns':3,'allowed_tools':['Read'],'system_prompt':'Be brief.',"
            + "'system_prompt_append':'More.','output_format':{'type':'json_schema','schema':{'type':'object'}}}");

    AgentOptions configured = options(request -> request);
    assertThat(configured.model()).contains("sonnet");
    assertThat(configured.maxTurns()).hasValue(3);
    assertThat(configured.allowedTools()).contains(List.of("Read"));
    assertThat(configured.systemPrompt().orElseThrow().asString()).isEqualTo("Be brief.\n\nMore.");
    assertThat(configured.outputSchema().orElseThrow().toString())
        .isEqualTo("{\"type\":\"object\"}");

    AgentOptions asked =
        options(request ->
            request
                .model("opus")
                .maxTurns(9)
                .allowedTools(List.of())
                .outputFormat(Json.object())
                .maxBudgetUsd(1.5));
    assertThat(asked.model()).contains("opus");
    assertThat(asked.maxTurns()).hasValue(9);
    assertThat(asked.allowedTools()).contains(List.of());
    assertThat(asked.outputSchema()).isEmpty();
    assertThat(asked.maxBudgetUsd()).hasValue(1.5);
    assertThat(shop.gateway.leases.getLast().budgetUsd()).hasValue(1.5);
  }

  @Test
  void theBudgetOfAnAgentThatKeepsNoneIsKeptByTheGateway() throws IOException {
    ScriptAgent other =
        new ScriptAgent(Files.createDirectory(directory.resolve("other"))) {
          @Override
          public boolean keepsBudget() {
            return false;
          }
        };
    List<RunEvent> events = shop.with(other).run(echo(RESULT), r -> r.maxBudgetUsd(1.5));

    assertThat(texts(events)).last().isEqualTo(RESULT);
    assertThat(other.opened.getLast().maxBudgetUsd()).isEmpty();
    assertThat(other.opened.getLast().access().dialects()).containsExactly(ModelDialect.ANTHROPIC);
    assertThat(shop.gateway.leases.getLast().budgetUsd()).hasValue(1.5);
  }

  @Test
  void whatAnAgentCannotDoIsRefusedBeforeAnythingIsMade() {
    shop.set("OPENAI_API_KEY", "sk-of-the-test");
    assertThatThrownBy(() -> shop.start("x", r -> r.agent("codex").allowedTools(List.of("Read"))))
        .isInstanceOfSatisfying(
            RunRefusedException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(RunRefusedException.Reason.INVALID);
              assertThat(e.field()).contains("agent");
              assertThat(e)
                  .hasMessage(
                      "Codex cannot be restricted to some tools (leave out the allowed tools, or"
                          + " let it ask (permission mode default))");
            });
    assertThatThrownBy(() -> shop.start("x", r -> r.agent("gemini")))
        .hasMessage("GEMINI_API_KEY is required");
    assertThatThrownBy(() -> shop.start("x", r -> r.agent("codx")))
        .hasMessage("unknown agent 'codx' (did you mean 'codex'?)");
    assertThat(shop.runs().list(10)).isEmpty();
    assertThat(shop.gateway.leases).isEmpty();
  }

  @Test
  void memoriesComeBeforeWhatIsAppended() throws IOException {
    config(
        "{'system_prompt_append':'Append.','system_prompt':{'type':'preset','preset':'claude_code','append':'First.'}}");

    AgentOptions options = options(request -> request.remember("likes tea"));

    assertThat(options.systemPrompt().orElseThrow().get("append").asString())
        .isEqualTo("First.\n\nUser memory (persisted across sessions):\n- likes tea\n\nAppend.");
  }

  @Test
  void subagentsAreMergedAndChosen() throws IOException {
    config(
        "{'agents':{'a':{'description':'d','prompt':'p'},'b':{'system_prompt':'q','model':'haiku'}}}");

    assertThat(
            options(request ->
                    request
                        .extraAgents(
                            Json.parse(
                                    "{\"a\":{\"prompt\":\"mine\"},\"c\":{\"prompt\":\"c\"}}"
                                        .getBytes())
                                .orElseThrow())
                        .allowedAgents(List.of("a", "b", "unknown")))
                .subagents()
                .orElseThrow()
                .toString())
        .isEqualTo(
            "{\"a\":{\"prompt\":\"mine\",\"description\":\"a\"},\"b\":{\"model\":\"haiku\",\"prompt\":\"q\",\"description\":\"b\"}}");
  }

  @Test
  void anArrayOfSubagentsCannotBeChosenFrom() throws IOException {
    config("{'agents':[{'name':'a'}]}");

    assertThat(options(request -> request).subagents().orElseThrow().isArray()).isTrue();
    assertThat(texts(shop.run("true", request -> request.allowedAgents(List.of("a")))))
        .singleElement()
        .asString()
        .contains("\"code\":\"config\"");
  }

  @Test
  void mcpServersAreChosenBeforeTheirVariablesAreNeeded() throws IOException {
    config(
        "{'mcp_servers':{'a':{'command':'npx','env':{'T':'${A_TOKEN}','D':'${NOPE:-d}'}},"
            + "'b':{'type':'http','url':'https://mcp.example.com:8443/x','headers':{'h':'${MISSING}'}}}}");
    shop.set("A_TOKEN", "t");

    AgentOptions options = options(request -> request.allowedMcpServers(List.of("a")));
    assertThat(options.mcpServers().orElseThrow().toString())
        .isEqualTo("{\"a\":{\"command\":\"npx\",\"env\":{\"T\":\"t\",\"D\":\"d\"}}}");
    assertThat(shop.gateway.leases.getLast().egress().allowed()).isEmpty();
    assertThat(texts(shop.run("true")))
        .singleElement()
        .asString()
        .contains("mcp_servers.b requires environment variable MISSING to be set");

    // hot: the variable appears in .env
    shop.write(".env", "MISSING=now\n");
    options(request -> request);
    assertThat(shop.gateway.leases.getLast().egress().allowed())
        .containsExactly("mcp.example.com:8443");
  }

  @Test
  void skillsGoIntoTheHomeAndJoinTheConfiguredTools() throws IOException {
    shop.write("skills/one/SKILL.md", "one");
    shop.write("skills/one/more/x.txt", "x");
    shop.write("skills/one/.DS_Store", "x");
    shop.write("skills/two/SKILL.md", "two");
    shop.write("skills/none/README.md", "no skill");
    shop.write("skills/bad name/SKILL.md", "bad");
    config("{'skills_dir':'skills','allowed_tools':['Read']}");

    List<String> lines =
        texts(
            shop.run(
                "cd .claude && find skills -type f | sort; cat settings.json\n"
                    + "echo;"
                    + echo(RESULT),
                request ->
                    request
                        .extraSkills(Map.of("extra", "e"))
                        .allowedSkills(List.of("one", "extra"))));

    assertThat(lines)
        .startsWith(
            "{\"type\":\"stdout\",\"data\":\"skills/extra/SKILL.md\"}",
            "{\"type\":\"stdout\",\"data\":\"skills/one/SKILL.md\"}",
            "{\"type\":\"stdout\",\"data\":\"skills/one/more/x.txt\"}");
    AgentOptions options = shop.agent.opened.getLast();
    assertThat(options.skills()).isTrue();
    assertThat(options.allowedTools()).contains(List.of("Read", "Skill"));
    assertThat(options(request -> request.allowedTools(List.of("Read"))).allowedTools())
        .contains(List.of("Read"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{",
        "[]",
        "1",
        "",
        "{'allowed_tools':'Read'}",
        "{'allowed_tools':[1]}",
        "{'runtime':'x'}",
        "{'runtime':{'provider':1}}",
        "{'runtime':{'providr':'local'}}",
        "{'mcp_servers':[]}",
        "{'mcp_servers':{'a':{}}}",
        "{'allowed_tools':null}"
      })
  void aBrokenFileNeverWidensWhatIsAllowed(String broken) throws IOException {
    config(broken);
    assertThatThrownBy(() -> shop.start("true"))
        .isInstanceOf(RunRefusedException.class)
        .hasMessageStartingWith("sandstorm.json: ");

    config("{'allowed_tools':['Read']}");
    assertThat(options(request -> request).allowedTools()).contains(List.of("Read"));
    config(broken + " ");
    assertThat(options(request -> request).allowedTools()).contains(List.of("Read"));
    assertThat(shop.runs().health().problems()).containsKey("sandstorm.json");

    Files.delete(directory.resolve("sandstorm.json"));
    assertThat(options(request -> request).allowedTools()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'max_turns':true", "'max_turns':0", "'timeout':4", "'timeout':3601", "'model':' '",
        "'agents':1", "'output_format':[]", "'template_skills':1", "'nonsense':1", "'channels':{}"
      })
  void whatIsWrongAndRestrictsNothingIsDropped(String field) throws IOException {
    config("{'allowed_tools':['Read']," + field + "}");

    AgentOptions options = options(request -> request);

    assertThat(options.allowedTools()).contains(List.of("Read"));
    assertThat(options.maxTurns()).isEmpty();
    assertThat(options.model()).isEmpty();
  }

  @Test
  void anUnknownProviderIsRefusedWithTheKnownOnes() throws IOException {
    config("{'runtime':{'provider':'lokal'}}");

    assertThatThrownBy(() -> shop.start("true"))
        .hasMessageContaining("unknown sandbox provider 'lokal'; there are auto,")
        .hasMessageContaining("local");

    Files.delete(directory.resolve("sandstorm.json"));
    shop.close();
    shop.set("SANDBOX_BACKEND", "nowhere");
    assertThatThrownBy(shop::open).hasMessageContaining("unknown sandbox provider 'nowhere'");
  }

  @Test
  void autoMeansTheDetectedProvider() throws IOException {
    shop.set("SANDBOX_BACKEND", "auto");
    config("{'runtime':{'provider':' AUTO '}}");

    assertThat(shop.runs().health().provider()).contains("local");
    assertThatThrownBy(() ->
            shop.start(
                "true",
                request ->
                    request
                        .provider("e2b")
                        .keys(
                            new ProviderKeys(
                                Optional.empty(), Optional.empty(), Optional.empty()))))
        .isInstanceOf(RunRefusedException.class);
  }

  @Test
  void keysOfTheRequestComeBeforeThoseOfTheEnvironment() {
    shop.environment.clear();
    options(request ->
        request.keys(new ProviderKeys(Optional.empty(), Optional.of("or-key"), Optional.empty())));

    assertThat(shop.agent.opened.getLast().access().modelNames())
        .containsEntry("ANTHROPIC_DEFAULT_SONNET_MODEL", "anthropic/claude-sonnet-4");
  }

  @Test
  void limitsAreReadAgainAndBadOnesAreNotUsed() throws IOException {
    shop.write("config/limits.yaml", "max_concurrent_agents: 1\nsession_timeout_seconds: 60\n");
    Run first = shop.start("sleep 600", request -> request.unattended(true));
    assertThat(first.timeout().toSeconds()).isEqualTo(60);
    assertThatThrownBy(() -> shop.start("true"))
        .hasMessage(
            "Max concurrent agents (1) reached. Please wait for existing agents to complete.")
        .extracting(e -> ((RunRefusedException) e).runId().isPresent())
        .isEqualTo(true);

    shop.write("config/limits.yaml", "max_concurrent_agents: many\n");
    assertThatThrownBy(() -> shop.start("true")).hasMessageContaining("(1) reached");

    shop.write("config/limits.yaml", "max_concurrent_agents: 2\n");
    Run second = shop.start("sleep 600", request -> request.unattended(true));
    assertThat(second.timeout().toSeconds()).isEqualTo(300);
    first.cancel();
    second.cancel();
  }
}
