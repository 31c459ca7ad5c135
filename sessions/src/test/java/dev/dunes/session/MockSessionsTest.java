package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalEvent;
import dev.dunes.agent.UniversalEvents;
import dev.dunes.session.engine.SessionEngine;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sessions with the reference agent: agent API, sheet 2.9. */
final class MockSessionsTest {
  private static final Prompt OK = new Prompt("Reply with exactly the single word OK.");

  @TempDir Path directory;
  private MockPlace place;

  @BeforeEach
  void open() {
    place = new MockPlace(directory);
  }

  @AfterEach
  void close() {
    place.close();
  }

  /** The events without what differs from time to time. */
  private static List<String> lines(Session session) {
    return MockPlace.all(session).stream().map(MockSessionsTest::withoutTime).toList();
  }

  private static String withoutTime(UniversalEvent event) {
    ObjectNode json = UniversalEvents.toJson(event);
    json.remove("time");
    return json.toString();
  }

  @Test
  void theWordOkToTheByte() throws Exception {
    Session session = place.create("s1");

    MockPlace.drain(session.turn(OK));

    String text =
        "\"kind\":\"message\",\"role\":\"%s\",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"status\":\"%s\"}}";
    String user = text.formatted("user", OK.text(), "%s");
    String ok = text.formatted("assistant", "OK", "%s");
    assertThat(lines(session))
        .containsExactly(
            event(
                1,
                true,
                "session.started",
                "{\"metadata\":{\"agent\":\"mock\",\"agentMode\":\"build\",\"model\":null,\"permissionMode\":\"default\",\"variant\":null}}"),
            event(
                2,
                false,
                "item.started",
                item("itm_1", "mock_1_user") + user.formatted("in_progress")),
            event(
                3,
                true,
                "item.delta",
                "{\"item_id\":\"itm_1\",\"native_item_id\":\"mock_1_user\",\"delta\":\""
                    + OK.text()
                    + "\"}"),
            event(
                4,
                false,
                "item.completed",
                item("itm_1", "mock_1_user") + user.formatted("completed")),
            event(
                5, false, "item.started", item("itm_2", "mock_1_ok") + ok.formatted("in_progress")),
            event(
                6,
                true,
                "item.delta",
                "{\"item_id\":\"itm_2\",\"native_item_id\":\"mock_1_ok\",\"delta\":\"OK\"}"),
            event(
                7,
                false,
                "item.completed",
                item("itm_2", "mock_1_ok") + ok.formatted("completed")));
  }

  private static String item(String id, String nativeId) {
    return "{\"item\":{\"item_id\":\"%s\",\"native_item_id\":\"%s\",\"parent_id\":null,"
        .formatted(id, nativeId);
  }

  private static String event(int sequence, boolean synthetic, String type, String data) {
    return ("{\"event_id\":\"evt_%d\",\"sequence\":%d,\"session_id\":\"s1\",\"native_session_id\":\"mock-s1\","
            + "\"synthetic\":%s,\"source\":\"%s\",\"type\":\"%s\",\"data\":%s,\"raw\":null}")
        .formatted(sequence, sequence, synthetic, synthetic ? "daemon" : "agent", type, data);
  }

  @Test
  void sessionsInWhichNothingHappensAreDeletedAndOthersStay() throws Exception {
    Session old = place.create("old");
    MockPlace.drain(old.turn(OK));
    MockPlace.until(old, info -> !info.busy());
    Instant then = old.info().updatedAt();
    while (!Instant.now().isAfter(then.plusMillis(1))) {
      Thread.onSpinWait(); // so that the next one is newer, also when rounded
    }
    Session recent = place.create("recent");
    SessionEngine engine = (SessionEngine) place.sessions();

    assertThat(engine.deleteOlder(then)).isZero();
    assertThat(engine.deleteOlder(recent.info().updatedAt())).isEqualTo(1);
    assertThat(place.sessions().list())
        .singleElement()
        .satisfies(info -> assertThat(info.sessionId()).isEqualTo("recent"));
    assertThatThrownBy(() -> place.sessions().get("old")).hasMessage("session not found: old");
    assertThat(place.create("old").info().eventCount()).isPositive();
  }

  @Test
  void whatIsKeptForAWhileIsSweptWhenItIsOver(@TempDir Path elsewhere) throws Exception {
    AtomicReference<Instant> now = new AtomicReference<>(Instant.now());
    Map<String, String> environment =
        Map.of("DUNES_MOCK_PACE", "0", "DUNES_SESSION_RETENTION_HOURS", "48");
    try (Runs runs =
        Runs.open(
            RunsConfig.builder()
                .directory(elsewhere)
                .environment(environment)
                .sandboxes(SharedPlace.sandboxes())
                .clock(now::get)
                .build())) {
      Session old = runs.sessions().create("old", SessionSpec.builder("mock").build());
      MockPlace.drain(old.turn(OK));
      MockPlace.until(old, info -> !info.busy());
      Instant last = old.info().updatedAt();

      now.set(last.plus(Duration.ofHours(48)).minusMillis(1));
      runs.deleteOldSessions();
      assertThat(runs.sessions().list()).hasSize(1);

      now.set(last.plus(Duration.ofHours(48)).plusMillis(2));
      runs.deleteOldSessions();
      assertThat(runs.sessions().list()).isEmpty();
      assertThatThrownBy(() -> old.page(0, OptionalLong.empty()))
          .hasMessage("session not found: old");
    }
  }

  @Test
  void theNextMessageAddsSixMore() throws Exception {
    Session session = place.create("s1");
    MockPlace.drain(session.turn(OK));

    List<SessionEvent> turn = MockPlace.drain(session.turn(OK));

    assertThat(turn).extracting(SessionEvent::sequence).containsExactly(8L, 9L, 10L, 11L, 12L, 13L);
    assertThat(session.info().eventCount()).isEqualTo(13);
    assertThat(session.info().busy()).isFalse();
    assertThat(lines(session).get(8)).contains("itm_3").contains("mock_2_user");
  }

  @Test
  void aTurnEndsWhenSomethingIsAskedAndTheAnswerIsTold() throws Exception {
    Session session = place.create("s1");

    List<UniversalEvent> turn =
        MockPlace.events(MockPlace.drain(session.turn(new Prompt("permission"))));
    MockPlace.until(session, info -> !info.busy());

    assertThat(turn.getLast().data().type()).isEqualTo("permission.requested");
    session.answerPermission("mock_1_permission", PermissionReply.ONCE);
    session.answerPermission("mock_1_permission_denied", PermissionReply.REJECT);
    assertThat(MockPlace.all(session).stream().skip(6).map(MockSessionsTest::dataOf))
        .containsExactly(
            "permission.resolved true {\"permission_id\":\"mock_1_permission\",\"action\":\"command_execution\",\"status\":\"approved\",\"metadata\":{\"codexRequestKind\":\"commandExecution\",\"command\":\"echo mock\"}}",
            "permission.resolved true {\"permission_id\":\"mock_1_permission_denied\",\"action\":\"file_change\",\"status\":\"denied\",\"metadata\":{\"codexRequestKind\":\"fileChange\",\"path\":\"mock_1/deny.txt\"}}");
    assertThatThrownBy(() -> session.answerPermission("mock_1_permission", PermissionReply.ONCE))
        .isInstanceOf(SessionException.class)
        .hasMessage("invalid request: unknown permission id: mock_1_permission");
  }

  private static String dataOf(UniversalEvent event) {
    return event.data().type() + " " + event.synthetic() + " " + UniversalEvents.data(event.data());
  }

  @Test
  void questionsAreAnsweredAndRejected() throws Exception {
    Session session = place.create("s1");
    MockPlace.drain(session.start(new Prompt("questions")));

    session.answerQuestion("mock_1_question", List.of(List.of("Red")));
    session.rejectQuestion("mock_1_question_reject");

    assertThat(MockPlace.all(session).stream().skip(6).map(MockSessionsTest::dataOf))
        .containsExactly(
            "question.resolved true {\"question_id\":\"mock_1_question\",\"prompt\":\"Choose a color\",\"options\":[\"Red\",\"Blue\"],\"response\":\"Red\",\"status\":\"answered\"}",
            "question.resolved true {\"question_id\":\"mock_1_question_reject\",\"prompt\":\"Allow mock experiment?\",\"options\":[\"Yes\",\"No\"],\"response\":null,\"status\":\"rejected\"}");
    assertThatThrownBy(() -> session.rejectQuestion("nothing"))
        .hasMessage("invalid request: unknown question id: nothing");
  }

  @Test
  void aTurnGoesOnPastItsQuestionsForWhoWantsAllOfIt() throws Exception {
    Session session = place.create("s1");

    SessionTurn turn = session.start(new Prompt("demo"));
    List<UniversalEvent> events = MockPlace.events(MockPlace.drain(turn));

    assertThat(events.getLast().data().type()).isEqualTo("agent.unparsed");
    assertThat(turn.end().map(TurnEnd::kind)).contains(TurnEnd.Kind.COMPLETED);
    assertThat(events).extracting(event -> event.data().type()).contains("error");
  }

  @Test
  void theEndIsTheEnd() throws Exception {
    Session session = place.create("s1");

    List<UniversalEvent> turn = MockPlace.events(MockPlace.drain(session.turn(new Prompt("end"))));

    assertThat(dataOf(turn.getLast()))
        .isEqualTo("session.ended true {\"reason\":\"completed\",\"terminated_by\":\"agent\"}");
    assertThat(session.info().ended()).isTrue();
    assertThatThrownBy(() -> session.send(OK)).hasMessage("invalid request: session ended");
  }

  @Test
  void nothingFollowsTermination() throws Exception {
    place.set("DUNES_MOCK_PACE", "50");
    Session session = place.create("s1");
    session.send(new Prompt("demo"));
    MockPlace.until(session, info -> info.eventCount() > 3);

    session.terminate();
    session.terminate();

    assertThat(dataOf(MockPlace.all(session).getLast()))
        .isEqualTo("session.ended true {\"reason\":\"terminated\",\"terminated_by\":\"daemon\"}");
    long count = session.info().eventCount();
    assertThatThrownBy(() -> session.send(OK)).hasMessage("invalid request: session terminated");
    assertThatThrownBy(() -> session.rejectQuestion("x"))
        .hasMessage("invalid request: session terminated");
    assertThat(session.info().eventCount()).isEqualTo(count);
  }

  @Test
  void anInterruptedTurnEndsAndTheSessionGoesOn() throws Exception {
    place.set("DUNES_MOCK_PACE", "50");
    Session session = place.create("s1");
    SessionTurn turn = session.start(new Prompt("demo"));
    MockPlace.until(session, info -> info.eventCount() > 10);

    session.interrupt();
    MockPlace.drain(turn);

    assertThat(turn.end().map(TurnEnd::kind)).contains(TurnEnd.Kind.INTERRUPTED);
    assertThat(MockPlace.drain(session.start(OK))).hasSize(6);
  }

  @Test
  void messagesWaitForTheirTurnAndTheSeventeenthIsRefused() throws Exception {
    place.set("DUNES_MOCK_PACE", "60000");
    Session session = place.create("s1");
    session.send(OK);
    for (int i = 0; i < 16; i++) {
      session.send(new Prompt("echo " + i));
    }

    assertThatThrownBy(() -> session.send(OK))
        .isInstanceOfSatisfying(
            SessionException.class, e -> assertThat(e.code()).isEqualTo("conflict"));
  }

  @Test
  void turnsDoNotMix() throws Exception {
    Session session = place.create("s1");
    SessionTurn first = session.start(new Prompt("tool"));
    SessionTurn second = session.start(new Prompt("status"));

    List<SessionEvent> ofSecond = MockPlace.drain(second);
    List<SessionEvent> ofFirst = MockPlace.drain(first);

    assertThat(ofFirst).hasSize(7).allMatch(event -> text(event).contains("mock_1_"));
    assertThat(ofSecond).hasSize(5).allMatch(event -> text(event).contains("mock_2_"));
  }

  private static String text(SessionEvent event) {
    return new String(event.json(), java.nio.charset.StandardCharsets.UTF_8);
  }

  @Test
  void whatIsWrongIsRefusedAndMakesNothing() {
    Sessions sessions = place.sessions();
    SessionSpec.Builder mock = SessionSpec.builder("mock");

    refused(
        "unsupported_agent",
        "unsupported agent: clod",
        () -> sessions.create("a", SessionSpec.builder("clod").build()));
    refused(
        "mode_not_supported",
        "mode not supported: mock fast",
        () -> sessions.create("a", SessionSpec.builder("mock").agentMode("fast").build()));
    refused(
        "invalid_request",
        "invalid request: invalid permission mode: ask",
        () -> sessions.create("a", SessionSpec.builder("mock").permissionMode("ask").build()));
    refused(
        "invalid_request",
        "invalid request: session id must have 1 to 256 bytes",
        () -> sessions.create("", mock.build()));
    refused(
        "invalid_request",
        "invalid request: session id must have 1 to 256 bytes",
        () -> sessions.create("ü".repeat(129), mock.build()));
    refused(
        "invalid_request",
        "invalid request: session id must have no control characters",
        () -> sessions.create("a\nb", mock.build()));
    refused("session_not_found", "session not found: a", () -> sessions.get("a"));
    assertThat(sessions.list()).isEmpty();
    sessions.create("ü".repeat(128), mock.build());
    refused(
        "session_already_exists",
        "session already exists: " + "ü".repeat(128),
        () -> sessions.create("ü".repeat(128), mock.build()));
    refused(
        "invalid_request",
        "invalid request: message must not be empty",
        () -> sessions.get("ü".repeat(128)).send(new Prompt(" \n")));
  }

  private static void refused(
      String code, String detail, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SessionException.class,
            e -> {
              assertThat(e.code()).isEqualTo(code);
              assertThat(e.detail()).isEqualTo(detail);
            });
  }

  @Test
  void pagesAndFollowersAndRestarts() throws Exception {
    Session session = place.create("s1");
    MockPlace.drain(session.start(OK));
    place.create("s2");

    assertThat(session.page(0, OptionalLong.of(0))).isEqualTo(new EventPage(List.of(), true));
    assertThat(session.page(7, OptionalLong.empty())).isEqualTo(new EventPage(List.of(), false));
    assertThat(session.page(2, OptionalLong.of(3)).events())
        .extracting(SessionEvent::sequence)
        .containsExactly(3L, 4L, 5L);
    assertThat(session.page(2, OptionalLong.of(3)).hasMore()).isTrue();
    assertThat(session.page(4, OptionalLong.of(3)).hasMore()).isFalse();
    assertThat(place.sessions().list())
        .extracting(SessionInfo::sessionId)
        .containsExactly("s2", "s1");
    List<String> before = lines(session);

    place.restart();
    Session again = place.sessions().get("s1");

    assertThat(lines(again)).isEqualTo(before);
    assertThat(again.info().nativeSessionId()).contains("mock-s1");
    assertThat(MockPlace.drain(again.start(OK)))
        .hasSize(6)
        .allMatch(e -> text(e).contains("mock_2_"));
  }

  @Test
  void titlesTranscriptsAndSearch() throws Exception {
    Session session = place.create("s1");
    MockPlace.drain(session.start(new Prompt("echo sand dunes at dawn")));
    MockPlace.drain(session.start(new Prompt("tool")));
    session.rename("Of deserts");

    assertThat(session.info().title()).contains("Of deserts");
    assertThat(place.sessions().search("dawn dunes", OptionalInt.empty()))
        .extracting(SearchHit::sessionId, SearchHit::sequence)
        .contains(org.assertj.core.groups.Tuple.tuple("s1", 7L));
    assertThat(place.sessions().search("camel", OptionalInt.of(3))).isEmpty();
    assertThat(place.sessions().search("\"", OptionalInt.of(3))).isEmpty();
    assertThat(session.transcript(TranscriptFormat.MARKDOWN))
        .startsWith("# Of deserts\n")
        .contains("## User\n\necho sand dunes at dawn\n")
        .contains("## Assistant\n\nsand dunes at dawn\n")
        .contains("## Result (failed)\n");
    JsonNode json =
        tools.jackson.databind.json.JsonMapper.shared()
            .readTree(session.transcript(TranscriptFormat.JSON));
    assertThat(json.path("items")).hasSize(5);
    session.delete();
    assertThat(place.sessions().list()).isEmpty();
    assertThat(place.sessions().search("dawn", OptionalInt.empty())).isEmpty();
    refused("session_not_found", "session not found: s1", session::info);
  }

  @Test
  void turnEventsForWhoWantsThem() throws Exception {
    Session session =
        place.sessions().create("s1", SessionSpec.builder("mock").turnEvents(true).build());

    List<UniversalEvent> events = MockPlace.events(MockPlace.drain(session.start(OK)));

    assertThat(events).hasSize(8);
    assertThat(dataOf(events.getFirst()))
        .isEqualTo(
            "turn.started true {\"phase\":\"started\",\"turn_id\":\"turn_1\",\"metadata\":null}");
    assertThat(dataOf(events.getLast()))
        .isEqualTo(
            "turn.ended true {\"phase\":\"ended\",\"turn_id\":\"turn_1\",\"metadata\":{\"reason\":\"success\"}}");
  }

  @Test
  void whoOpensTheSameSessionsElsewhereIsToldWhy() {
    place.create("s1");
    try (MockPlace other = new MockPlace(directory)) {
      assertThatThrownBy(() -> other.sessions().list())
          .isInstanceOfSatisfying(
              SessionException.class,
              e -> {
                assertThat(e.code()).isEqualTo("conflict");
                assertThat(e.detail()).contains("process " + ProcessHandle.current().pid());
                assertThat(e.remedy())
                    .isEqualTo(
                        Optional.of("talk to that server, end it, or work in another directory"));
              });
    }
  }

  @Test
  void ofTwoWhoCreateTheSameSessionOneDoes() throws Exception {
    place.sessions();
    for (int i = 0; i < 20; i++) {
      String id = "race" + i;
      CyclicBarrier together = new CyclicBarrier(2);
      Callable<String> create =
          () -> {
            together.await();
            try {
              return place.create(id).id();
            } catch (SessionException e) {
              return e.code();
            }
          };
      try (ExecutorService both = Executors.newVirtualThreadPerTaskExecutor()) {
        List<String> outcomes = new ArrayList<>();
        for (Future<String> outcome : both.invokeAll(List.of(create, create))) {
          outcomes.add(outcome.get());
        }
        assertThat(outcomes).containsExactlyInAnyOrder(id, "session_already_exists");
      }
      MockPlace.drain(place.sessions().get(id).turn(OK));
    }
    assertThat(place.sessions().list()).hasSize(20);
  }
}
