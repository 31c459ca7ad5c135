package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalEvent;
import dev.dunes.agent.UniversalItem;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Scenario;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real agents in real sandboxes through the engine, their model scripted. */
@Timeout(600)
class RealAgentSessionsTest {
  private static final String KEY = "sk-session-of-a-test-0123456789abcdef";

  @TempDir Path directory;
  private final ScriptedModel model = ScriptedModel.start();
  private Runs runs;

  @AfterEach
  void close() {
    runs.close();
    model.close();
  }

  private Sessions open(String agent) {
    Map<String, String> environment = new HashMap<>();
    environment.put("ANTHROPIC_BASE_URL", model.uri().toString());
    environment.put("ANTHROPIC_API_KEY", KEY);
    environment.put("OPENAI_BASE_URL", model.uri() + "/v1");
    environment.put("OPENAI_API_KEY", KEY);
    environment.put("GOOGLE_GEMINI_BASE_URL", model.uri().toString());
    environment.put("GEMINI_API_KEY", KEY);
    runs =
        Runs.open(
            RunsConfig.builder()
                .directory(directory)
                .environment(environment)
                .agent(Agents.open(AgentSettings.current()).get(agent))
                .sandboxes(SharedPlace.sandboxes())
                .build());
    return runs.sessions();
  }

  /** One that may do everything. */
  private static SessionSpec free(String agent) {
    return spec(agent, "bypass");
  }

  private static SessionSpec spec(String agent, String permissionMode) {
    SessionSpec.Builder spec = SessionSpec.builder(agent).permissionMode(permissionMode);
    if (!agent.equals("claude") && !agent.equals("amp")) {
      spec.model("scripted-1");
    }
    return spec.build();
  }

  /** A whole turn; what it asks for is allowed. */
  private static List<UniversalEvent> turn(Session session, String prompt)
      throws InterruptedException {
    List<UniversalEvent> all = new ArrayList<>();
    try (SessionTurn turn = session.start(new Prompt(prompt))) {
      for (List<SessionEvent> next = turn.next(); !next.isEmpty(); next = turn.next()) {
        all.addAll(allowed(session, MockPlace.events(next)));
      }
    }
    return all;
  }

  private static List<UniversalEvent> allowed(Session session, List<UniversalEvent> events) {
    for (UniversalEvent event : events) {
      if (event.data() instanceof AgentEvent.PermissionRequested asked) {
        session.answerPermission(asked.permissionId(), PermissionReply.ONCE);
      }
    }
    return events;
  }

  private static List<UniversalItem> completed(
      List<UniversalEvent> events, UniversalItem.Kind kind) {
    return events.stream()
        .map(UniversalEvent::data)
        .filter(AgentEvent.ItemCompleted.class::isInstance)
        .map(data -> ((AgentEvent.ItemCompleted) data).item())
        .filter(item -> item.kind() == kind)
        .toList();
  }

  private static String said(List<UniversalEvent> events) {
    return completed(events, UniversalItem.Kind.MESSAGE).stream()
        .filter(item -> item.role().filter(UniversalItem.Role.ASSISTANT::equals).isPresent())
        .flatMap(item -> item.content().stream())
        .filter(ContentPart.Text.class::isInstance)
        .map(part -> ((ContentPart.Text) part).text())
        .collect(Collectors.joining("|"));
  }

  private static String shown(List<UniversalEvent> events) {
    return events.stream().map(event -> event.data().toString()).collect(Collectors.joining("\n"));
  }

  /** Gemini CLI tells its model what a command wrote, and nobody else. */
  private static void shows(String agent, List<UniversalEvent> events, String output) {
    List<UniversalItem> results = completed(events, UniversalItem.Kind.TOOL_RESULT);
    assertThat(results).as(shown(events)).isNotEmpty();
    if (!agent.equals("gemini")) {
      assertThat(results.toString()).contains(output);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode", "amp", "gemini", "pi"})
  void anAgentWorksAndGoesOnAfterARestart(String agent) throws Exception {
    model.add(
        Scenario.of(
            "make",
            Answer.of(new Step.Text("I make it."), new Step.Shell("echo ma''de; env")),
            Answer.of(new Step.Text("It is there."))));
    model.add(Scenario.of("again", Answer.of(new Step.Text("Once more."))));
    Session session = open(agent).create("s", free(agent));

    List<UniversalEvent> first = turn(session, "Please [[make]]");

    assertThat(said(first)).as(shown(first)).contains("I make it.").contains("It is there.");
    assertThat(completed(first, UniversalItem.Kind.TOOL_CALL)).as(shown(first)).isNotEmpty();
    shows(agent, first, "made");
    assertThat(shown(first)).doesNotContain(KEY);
    assertThat(first).noneMatch(event -> event.data() instanceof AgentEvent.Unparsed);

    boolean resumable = session.info().nativeSessionId().isPresent();
    runs.close();
    model.forgetRequests();
    Session found = open(agent).get("s");
    List<UniversalEvent> second = turn(found, "And [[again]]");

    assertThat(said(second)).as(shown(second)).contains("Once more.");
    if (resumable && runs.sessions().agent(agent).traits().resumable()) {
      // What was said before is said to the model again.
      assertThat(model.requests()).anyMatch(asked -> asked.bodyText().contains("[[make]]"));
    }
    List<UniversalEvent> all = MockPlace.all(found);
    for (int i = 0; i < all.size(); i++) {
      assertThat(all.get(i).sequence()).isEqualTo(i + 1L);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode", "amp", "gemini", "pi"})
  void whatItAsksForIsAnsweredByWhoFollows(String agent) throws Exception {
    model.add(
        Scenario.of(
            "ask",
            Answer.of(new Step.Shell("echo as''ked > asked.txt && cat asked.txt")),
            Answer.of(new Step.Text("Done."))));
    Sessions sessions = open(agent);
    Session session = sessions.create("s", spec(agent, "default"));
    SessionTurn turn = session.start(new Prompt("Please [[ask]]"));

    try (SessionEvents events = session.follow(0)) {
      boolean answered = false;
      while (!answered) {
        answered =
            allowed(session, MockPlace.events(events.next())).stream()
                .anyMatch(event -> event.data() instanceof AgentEvent.PermissionRequested);
      }
    }

    List<UniversalEvent> all = MockPlace.events(MockPlace.drain(turn));
    assertThat(said(all)).as(shown(all)).contains("Done.");
    assertThat(all)
        .anyMatch(event ->
            event.data() instanceof AgentEvent.PermissionResolved resolved
                && resolved.status() == AgentEvent.PermissionStatus.APPROVED);
    shows(agent, all, "asked");
  }

  @ParameterizedTest
  @ValueSource(strings = {"claude", "codex", "opencode", "gemini", "pi"})
  void aTurnIsInterruptedAndTheSessionGoesOn(String agent) throws Exception {
    model.add(Scenario.of("again", Answer.of(new Step.Text("Once more."))));
    Session session = open(agent).create("s", free(agent));
    SessionTurn turn = session.start(new Prompt("Run [[sleep]]"));
    try (SessionEvents events = session.follow(0)) {
      boolean called = false;
      while (!called) {
        called =
            allowed(session, MockPlace.events(events.next())).stream()
                .anyMatch(event ->
                    event.data() instanceof AgentEvent.ItemStarted started
                        && started.item().kind() == UniversalItem.Kind.TOOL_CALL);
      }
    }

    session.interrupt();

    List<UniversalEvent> all = MockPlace.events(MockPlace.drain(turn));
    assertThat(said(all)).doesNotContain("Done sleeping");
    List<UniversalEvent> second = turn(session, "And [[again]]");
    assertThat(said(second)).as(shown(second)).contains("Once more.");
    session.terminate();
    assertThat(session.info().ended()).isTrue();
  }

  /** By what they run: some give themselves another name. */
  private static final String KILL =
      "for p in /proc/[0-9]*; do case $(readlink $p/exe) in /opt/dunes/agents/*)"
          + " kill -9 ${p#/proc/};; esac; done 2>/dev/null; exit 0";

  @ParameterizedTest
  @CsvSource({"claude,process_exit,AGENT", "opencode,server_exit,DAEMON"})
  void anAgentThatIsKilledEndsItsSession(String agent, String code, AgentEvent.EndedBy by)
      throws Exception {
    Session session = open(agent).create("s", free(agent));
    SessionTurn turn = session.start(new Prompt("Run [[sleep]]"));
    try (SessionEvents events = session.follow(0)) {
      boolean called = false;
      while (!called) {
        called =
            allowed(session, MockPlace.events(events.next())).stream()
                .anyMatch(event ->
                    event.data() instanceof AgentEvent.ItemStarted started
                        && started.item().kind() == UniversalItem.Kind.TOOL_CALL);
      }
    }
    try (Sandbox sandbox =
        SharedPlace.sandboxes()
            .get("local", session.info().sandboxId().orElseThrow())
            .orElseThrow()) {
      sandbox.exec(KILL);
    }

    List<UniversalEvent> all = MockPlace.events(MockPlace.drain(turn));
    assertThat(all)
        .anyMatch(event ->
            event.data() instanceof AgentEvent.Failed failed
                && failed.code().equals(Optional.of(code)));
    assertThat(all.getLast().data())
        .isInstanceOfSatisfying(
            AgentEvent.SessionEnded.class,
            ended -> {
              assertThat(ended.reason()).isEqualTo(AgentEvent.EndReason.ERROR);
              assertThat(ended.terminatedBy()).isEqualTo(by);
            });
  }
}
