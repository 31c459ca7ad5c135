package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalEvent;
import dev.dunes.sandbox.SandboxInfo;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Agents that misbehave, in real sandboxes. */
final class SessionFaultsTest {
  @TempDir Path directory;
  private Workshop workshop;
  private TurnAgent agent;

  @BeforeEach
  void open() throws Exception {
    workshop = new Workshop(directory);
    agent = new TurnAgent(true);
    workshop.with(agent);
  }

  @AfterEach
  void close() {
    workshop.close();
  }

  private Session create(String id) {
    return create(id, spec -> spec);
  }

  private Session create(String id, UnaryOperator<SessionSpec.Builder> more) {
    return workshop
        .runs()
        .sessions()
        .create(id, more.apply(SessionSpec.builder(TurnAgent.ID)).build());
  }

  private static TurnEnd run(Session session, String script) throws InterruptedException {
    SessionTurn turn = session.start(new Prompt(script));
    MockPlace.drain(turn);
    return turn.end().orElseThrow();
  }

  private static List<AgentEvent> data(Session session) {
    return MockPlace.all(session).stream().map(UniversalEvent::data).toList();
  }

  private static List<String> said(Session session) {
    return data(session).stream()
        .filter(AgentEvent.ItemCompleted.class::isInstance)
        .map(event -> ((AgentEvent.ItemCompleted) event).item())
        .filter(item -> item.role().filter(r -> r.name().equals("ASSISTANT")).isPresent())
        .flatMap(item -> item.content().stream())
        .map(part -> ((dev.dunes.agent.ContentPart.Text) part).text())
        .toList();
  }

  private static AgentEvent.Failed lastError(Session session) {
    return data(session).stream()
        .filter(AgentEvent.Failed.class::isInstance)
        .map(AgentEvent.Failed.class::cast)
        .reduce((a, b) -> b)
        .orElseThrow();
  }

  private List<SandboxInfo> sandboxes() {
    return workshop.sandboxes.list(Map.of(Ownership.MANAGED, "true")).stream()
        .filter(info ->
            info.labels().getOrDefault(Ownership.RUN, "").startsWith("session-") && mine(info))
        .toList();
  }

  /** Other tests of this JVM have sandboxes, too. */
  private boolean mine(SandboxInfo info) {
    return workshop.runs().sessions().list().stream()
        .anyMatch(session -> session.sandboxId().filter(info.id()::equals).isPresent());
  }

  @Test
  void turnsShareASandboxAndItsFiles() throws Exception {
    Session session =
        create("s", spec -> spec.file("/home/user/in.txt", bytes("given\n")).env("WHO", "me"));

    run(session, "echo \"say $(cat in.txt) to $WHO\"; echo kept > out.txt; echo done");
    TurnEnd end = run(session, "echo \"say $(cat out.txt)\"; echo done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.COMPLETED);
    assertThat(end.costUsd()).isEqualTo(0.5);
    assertThat(said(session)).containsExactly("given to me", "kept");
    assertThat(agent.opened).hasSize(1);
    assertThat(session.info().sandboxId()).isPresent();
    SessionEvent raw =
        session.page(0, java.util.OptionalLong.empty()).events().stream()
            .filter(event -> event.raw().isPresent())
            .findFirst()
            .orElseThrow();
    assertThat(new String(raw.raw().orElseThrow(), StandardCharsets.UTF_8))
        .isEqualTo("\"given to me\"");
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aCrashEndsTheSessionAndSaysWhatWasOnStandardError() throws Exception {
    Session session = create("s");

    TurnEnd end =
        run(session, "for i in $(seq 1 100); do echo line $i >&2; done; echo say half; exit 7");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.SESSION_ENDED);
    AgentEvent.Failed error = lastError(session);
    assertThat(error.code()).contains("process_exit");
    JsonNode details = error.details().orElseThrow();
    assertThat(details.path("exitCode").asInt()).isEqualTo(7);
    assertThat(details.path("stderr").asString().lines())
        .hasSize(71)
        .contains("line 1", "line 20", "[30 lines are left out here]", "line 51", "line 100")
        .doesNotContain("line 21", "line 50");
    assertThat(data(session).getLast())
        .isEqualTo(
            new AgentEvent.SessionEnded(AgentEvent.EndReason.ERROR, AgentEvent.EndedBy.AGENT));
    assertThatThrownBy(() -> session.send(new Prompt("echo done")))
        .isInstanceOfSatisfying(
            SessionException.class,
            e -> {
              assertThat(e.code()).isEqualTo("agent_process_exited");
              assertThat(e.detail()).isEqualTo("agent process exited: turns");
              assertThat(e.extensions().get("details").toString()).contains("exitCode=7");
            });
    MockPlace.until(session, info -> info.sandboxId().isEmpty());
  }

  @Test
  void anAgentThatLeavesWithoutAWordIsOpenedAgain() throws Exception {
    Session session = create("s");

    TurnEnd end = run(session, "echo say bye; exit 0");
    run(session, "echo \"say again $RESUMED\"; echo done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.FAILED);
    assertThat(said(session)).containsExactly("bye", "again native-1");
  }

  @Test
  void aFloodOfStandardErrorAndOfNonsenseIsBounded() throws Exception {
    Session session = create("s");

    TurnEnd end =
        run(
            session,
            "yes nonsense | head -n 20000; yes trouble | head -c 5000000 >&2; echo say there; echo done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.COMPLETED);
    assertThat(said(session)).containsExactly("there");
    assertThat(data(session)).filteredOn(AgentEvent.Unparsed.class::isInstance).hasSize(1000);
  }

  @Test
  void halfALineIsNoMessage() throws Exception {
    Session session = create("s");

    run(session, "printf 'say hal'; exit 3");

    assertThat(said(session)).isEmpty();
    assertThat(lastError(session).code()).contains("process_exit");
  }

  @Test
  void aTurnThatHangsIsEndedAndTheSessionGoesOn() throws Exception {
    Session session = create("s", spec -> spec.idleTimeout(Duration.ofMillis(300)));

    TurnEnd end = run(session, "sleep 600 & trap '' TERM; sleep 600");
    run(session, "echo say alive; echo done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.TIMED_OUT);
    assertThat(lastError(session).code()).contains("turn_timeout");
    assertThat(lastError(session).message()).isEqualTo("nothing happened for 300 ms");
    assertThat(said(session)).containsExactly("alive");
  }

  @Test
  void aTurnMayNotTakeForever() throws Exception {
    Session session = create("s", spec -> spec.turnTimeout(Duration.ofMillis(500)));

    TurnEnd end = run(session, "while :; do echo say busy; sleep 0.05; done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.TIMED_OUT);
    assertThat(lastError(session).message()).isEqualTo("the turn took longer than 500 ms");
  }

  @Test
  void aQuestionStopsTheClockAndTheAnswerReachesTheAgent() throws Exception {
    Session session = create("s", spec -> spec.idleTimeout(Duration.ofSeconds(3)));
    SessionEvents turn =
        session.turn(new Prompt("echo ask p1; read answer; echo say got $answer; echo done"));
    List<UniversalEvent> events = MockPlace.events(MockPlace.drain(turn));
    assertThat(events.getLast().data()).isInstanceOf(AgentEvent.PermissionRequested.class);
    // One that asks nothing and began later: when it has been quiet for too long, so has this one.
    Session quiet = create("quiet", spec -> spec.idleTimeout(Duration.ofSeconds(3)));
    assertThat(run(quiet, "sleep 600").kind()).isEqualTo(TurnEnd.Kind.TIMED_OUT);

    session.answerPermission("p1", PermissionReply.ALWAYS);
    MockPlace.until(session, info -> !info.busy());

    assertThat(said(session)).as(data(session).toString()).containsExactly("got p1 ALWAYS");
    assertThat(data(session)).filteredOn(AgentEvent.Failed.class::isInstance).isEmpty();

    run(session, "echo ask p2; read answer; echo say and $answer; echo done");
    assertThat(said(session)).containsExactly("got p1 ALWAYS", "and p2 ONCE");
  }

  @Test
  void anAnswerThatCouldNotBeGivenMayBeTriedAgain() throws Exception {
    Session session = create("s");
    MockPlace.drain(session.turn(new Prompt("echo ask deaf; read answer; echo done")));

    for (int i = 0; i < 2; i++) {
      assertThatThrownBy(() -> session.answerPermission("deaf", PermissionReply.ONCE))
          .isInstanceOfSatisfying(
              SessionException.class, e -> assertThat(e.code()).isEqualTo("stream_error"));
    }
    session.interrupt();
    MockPlace.until(session, info -> !info.busy());
  }

  @Test
  void terminationLeavesNoProcess() throws Exception {
    Session session = create("s");
    session.send(new Prompt("(setsid sleep 987 &) ; trap '' TERM HUP INT; echo say up; sleep 987"));
    MockPlace.until(session, info -> info.eventCount() > 6);
    assertThat(sandboxes()).hasSize(1);

    session.terminate();

    assertThat(sandboxes()).isEmpty();
    assertThat(session.info().sandboxId()).isEmpty();
    assertThat(data(session).getLast()).isInstanceOf(AgentEvent.SessionEnded.class);
  }

  @Test
  void whoRestsHasNoProcessAndComesBackWithItsFiles() throws Exception {
    Session session = create("s");
    run(session, "echo work > work.txt; echo done");
    SessionTurn cut =
        session.start(
            new Prompt("(setsid sleep 986 &) ; trap '' TERM HUP INT; echo say up; sleep 986"));
    MockPlace.until(session, info -> said(session).contains("up"));
    assertThat(sandboxes()).hasSize(1);

    session.rest();

    MockPlace.until(session, info -> info.sandboxId().isEmpty());
    assertThat(sandboxes()).isEmpty();
    MockPlace.drain(cut);
    assertThat(cut.end().map(TurnEnd::kind)).contains(TurnEnd.Kind.INTERRUPTED);
    assertThat(session.info().ended()).isFalse();
    run(session, "echo \"say $(cat work.txt) $RESUMED\"; echo done");
    assertThat(said(session)).containsExactly("up", "work native-1");
    session.rest();
    MockPlace.until(session, info -> info.sandboxId().isEmpty());
    session.rest(); // there is nothing to stop any more
    assertThat(sandboxes()).isEmpty();
  }

  @Test
  void whatCannotBeginIsTold() throws Exception {
    assertThatThrownBy(() -> create("s", spec -> spec.directory("/home/user/nowhere")))
        .hasMessage("invalid request: directory does not exist: /home/user/nowhere");
    assertThat(workshop.runs().sessions().list()).isEmpty();
    assertThatThrownBy(() -> create("s", spec -> spec.provider("moon")))
        .hasMessageContaining("unknown sandbox provider 'moon'");
    workshop.environment.remove("ANTHROPIC_API_KEY");
    workshop.close();
    try (Runs without = workshop.open()) {
      assertThatThrownBy(
              () -> without.sessions().create("s", SessionSpec.builder(TurnAgent.ID).build()))
          .hasMessageContaining("set ANTHROPIC_API_KEY");
      assertThat(without.sessions().agent(TurnAgent.ID).credentialsAvailable()).isFalse();
    }
  }

  @Test
  void anIdleSandboxIsClosedAndComesBackWithItsFiles() throws Exception {
    workshop.set("DUNES_SESSION_IDLE_TIMEOUT", "1");
    Session session = create("s");
    run(session, "mkdir -p .turns; echo spoken > .turns/log; echo work > work.txt; echo done");
    MockPlace.until(session, info -> info.sandboxId().isEmpty());

    run(session, "echo \"say $(cat .turns/log work.txt | tr '\\n' ' ')$RESUMED\"; echo done");

    assertThat(said(session)).containsExactly("spoken work native-1");
    assertThat(agent.opened).hasSize(2);
  }

  @Test
  void aStoppedServerGoesOnWhereItWas() throws Exception {
    Session session = create("s");
    run(session, "mkdir -p .turns; echo spoken > .turns/log; echo work > work.txt; echo done");
    SessionTurn cut = session.start(new Prompt("echo say busy; sleep 600"));
    MockPlace.until(session, info -> said(session).contains("busy"));
    session.send(new Prompt("echo say never"));

    workshop.close();

    MockPlace.drain(cut);
    assertThat(cut.end().map(TurnEnd::kind)).contains(TurnEnd.Kind.SESSION_ENDED);
    try (Runs next = workshop.open()) {
      Session again = next.sessions().get("s");
      assertThat(lastError(again).code()).contains("server_restart");
      assertThat(lastError(again).details().orElseThrow().path("notSent").path(0).asString())
          .isEqualTo("echo say never");
      run(again, "echo \"say $(cat .turns/log work.txt | tr '\\n' ' ')$RESUMED\"; echo done");
      assertThat(said(again)).endsWith("spoken work native-1");
    }
  }

  @Test
  void aForkKnowsWhatWasSaidAndLeavesTheOther() throws Exception {
    Session session = create("s");
    run(session, "mkdir -p .turns; echo one > .turns/log; echo done");

    Session fork = session.fork("t");
    run(fork, "cat .turns/log | sed 's/^/say /'; echo two >> .turns/log; echo done");
    run(session, "sed 's/^/say /' .turns/log; echo done");

    assertThat(said(fork)).containsExactly("one");
    assertThat(said(session)).containsExactly("one");
    assertThat(agent.opened.get(1).fork()).isTrue();
    assertThat(agent.opened.get(1).resume()).contains("native-1");
  }

  @Test
  void sessionsShareAWorkspaceWithWhoWorksInItWithoutOne() throws Exception {
    Workspace workspace = workshop.runs().workspace("shared");
    workspace.sandbox().files().write("/home/user/note.txt", "from outside");
    Session a = create("a", spec -> spec.workspace("shared"));
    Session b = create("b", spec -> spec.workspace("shared"));

    run(a, "echo \"say $(cat note.txt)\"; echo from a > note.txt; echo done");
    run(b, "echo \"say $(cat note.txt)\"; echo done");
    a.terminate();

    assertThat(said(a)).containsExactly("from outside");
    assertThat(said(b)).containsExactly("from a");
    assertThat(workspace.sandbox().files().readText("/home/user/note.txt")).isEqualTo("from a\n");
    assertThat(a.info().sandboxId()).isEqualTo(Optional.empty());
  }

  @Test
  void anAgentThatCannotChangeIsOpenedAgain() throws Exception {
    Session session = create("s");
    run(session, "echo done");

    session.setMode("plan");
    session.setModel("other", Optional.of("high"));
    run(session, "echo done");

    assertThat(agent.opened).hasSize(2);
    assertThat(agent.opened.getLast().mode()).contains("plan");
    assertThat(agent.opened.getLast().model()).contains("other");
    assertThat(agent.opened.getLast().resume()).contains("native-1");
    assertThat(session.info().agentMode()).isEqualTo("plan");
    assertThatThrownBy(() -> session.setMode("fly")).hasMessage("mode not supported: turns fly");
  }

  @Test
  void noSecretOfStandardErrorIsKept() throws Exception {
    String token = "token-of-the-session-77";
    Session session = create("s", spec -> spec.env("MY_TOKEN", token).env("OTHER_KEY", "a\nlong"));

    TurnEnd end =
        run(
            session,
            """
            echo "plain $MY_TOKEN"
            printf 'key %s, ' "$OTHER_KEY" >&2
            printf '%s' "$MY_TOKEN" | head -c 9 >&2; sleep 0.2; printf '%s' "$MY_TOKEN" | tail -c +10 >&2
            printf '\n%s%s\n' "$(head -c 1990 /dev/zero | tr '\\0' x)" "$MY_TOKEN" >&2
            printf 'last %s' "$MY_TOKEN" >&2
            exit 3
            """);

    String said = lastError(session).details().orElseThrow().path("stderr").asString();
    assertThat(said.lines()).containsExactly("key ***, ***", "x".repeat(1990) + "***", "last ***");
    assertThat(end.problem().orElseThrow().extensions().toString())
        .contains("last ***")
        .doesNotContain(token);
    assertThat(session.page(0, java.util.OptionalLong.empty()).events())
        .extracting(event -> event.raw().map(raw -> new String(raw, StandardCharsets.UTF_8)))
        .contains(Optional.of("\"plain ***\""));
  }

  @Test
  void anAgentThatDoesNotStartIsGivenUp() throws Exception {
    workshop.set("DUNES_AGENT_START_TIMEOUT", "1");
    agent.startup = "echo $$ > /tmp/start; exec sleep 600";
    Session session = create("s");

    TurnEnd end = run(session, "echo say never; echo done");
    agent.startup = "";
    run(
        session,
        "if kill -0 $(cat /tmp/start) 2>/dev/null; then echo say left; else echo say gone; fi; echo done");

    assertThat(end.kind()).isEqualTo(TurnEnd.Kind.FAILED);
    assertThat(end.problem().flatMap(SessionException::remedy).orElse(""))
        .contains("DUNES_AGENT_START_TIMEOUT");
    assertThat(lastError(session).message()).isEqualTo("the agent did not start within 1 s");
    assertThat(said(session)).containsExactly("gone");
  }

  @Test
  void aStartThatHangsCanBeInterrupted() throws Exception {
    agent.startup = "exec sleep 600";
    Session session = create("s");
    SessionTurn turn = session.start(new Prompt("echo say never; echo done"));
    MockPlace.until(session, _ -> !agent.opened.isEmpty());

    session.interrupt();
    MockPlace.drain(turn);
    agent.startup = "";
    run(session, "echo say alive; echo done");

    assertThat(turn.end().map(TurnEnd::kind)).contains(TurnEnd.Kind.INTERRUPTED);
    assertThat(said(session)).containsExactly("alive");
  }

  @Test
  void anAgentIsInstalledAgainWhenAsked() {
    Sessions sessions = workshop.runs().sessions();

    sessions.install(TurnAgent.ID, false);
    assertThat(agent.installations).hasValue(0);
    sessions.install(TurnAgent.ID, true);
    assertThat(agent.installations).hasValue(1);
  }

  @Test
  void onlySoManySandboxesAreOpen() throws Exception {
    workshop.set("DUNES_MAX_SESSION_SANDBOXES", "1");
    Session first = create("a");
    Session second = create("b");
    run(first, "echo done");

    TurnEnd refused = run(second, "echo say never; echo done");
    first.terminate();
    run(second, "echo say alive; echo done");

    assertThat(refused.kind()).isEqualTo(TurnEnd.Kind.FAILED);
    assertThat(refused.problem().map(SessionException::code)).contains("conflict");
    assertThat(lastError(second).message())
        .isEqualTo("conflict: sessions have as many sandboxes open as they may: 1");
    assertThat(said(second)).containsExactly("alive");
  }
}
