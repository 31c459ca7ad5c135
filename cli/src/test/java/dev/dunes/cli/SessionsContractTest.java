package dev.dunes.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.AgentStatus;
import dev.dunes.session.Dunes;
import dev.dunes.session.EventPage;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.Sessions;
import dev.dunes.session.TranscriptFormat;
import dev.dunes.session.TurnEnd;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@link Sessions} in this process and over HTTP: what is done with them is the same. */
@Timeout(120)
class SessionsContractTest {
  private static RunsConfig config(Path directory) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_MOCK_PACE", "0");
    environment.put("DUNES_STATE", directory.resolve("state").toString());
    return RunsConfig.builder().directory(directory).environment(environment).build();
  }

  /** Those of this process. */
  @Nested
  class InProcess extends Contract {
    @Override
    Sessions open(Path directory) {
      return Dunes.open(config(directory));
    }
  }

  /** Those of a server, with a token. */
  @Nested
  class Remote extends Contract {
    private DunesServer server;

    @Override
    Sessions open(Path directory) {
      server =
          DunesServer.start(
              ServerConfig.builder(config(directory))
                  .host("127.0.0.1")
                  .port(0)
                  .token("secret")
                  .build());
      return Dunes.connect(server.uri(), "secret");
    }

    @AfterEach
    void stop() {
      server.close(Duration.ZERO);
    }

    @Test
    void anotherTokenIsRefused() {
      sessions();
      try (Sessions others = Dunes.connect(server.uri(), "wrong")) {
        assertRefused("token_invalid", others::list);
      }
    }
  }

  static void assertRefused(String code, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SessionException.class, e -> assertThat(e.code()).as(e.detail()).isEqualTo(code));
  }

  /** What holds for all of them. */
  abstract static class Contract {
    @TempDir private Path directory;
    private Optional<Sessions> opened = Optional.empty();

    abstract Sessions open(Path directory);

    Sessions sessions() {
      if (opened.isEmpty()) {
        opened = Optional.of(open(directory));
      }
      return opened.get();
    }

    @AfterEach
    void close() {
      opened.ifPresent(Sessions::close);
    }

    private Session mock(String id) {
      return sessions().create(id, SessionSpec.builder("mock").build());
    }

    private static AgentEvent data(SessionEvent event) {
      return event.event().data();
    }

    /** Reads until an event is as wanted. */
    private static List<AgentEvent> until(SessionEvents events, Predicate<AgentEvent> wanted)
        throws InterruptedException {
      List<AgentEvent> read = new ArrayList<>();
      for (List<SessionEvent> some = events.next(); !some.isEmpty(); some = events.next()) {
        for (SessionEvent event : some) {
          read.add(data(event));
        }
        if (read.stream().anyMatch(wanted)) {
          return read;
        }
      }
      throw new AssertionError("it did not come: " + read);
    }

    private static List<String> types(SessionEvents events) throws InterruptedException {
      List<String> types = new ArrayList<>();
      for (List<SessionEvent> some = events.next(); !some.isEmpty(); some = events.next()) {
        some.forEach(event -> types.add(data(event).type()));
      }
      return types;
    }

    @Test
    void agentsAreKnown() {
      AgentStatus mock = sessions().agent("mock");
      assertThat(mock.installed()).isTrue();
      assertThat(mock.version()).contains("builtin");
      assertThat(mock.traits().capabilities().questions()).isTrue();
      assertThat(mock.traits().capabilities().sharedProcess()).isFalse();
      assertThat(sessions().agents()).extracting(AgentStatus::id).contains("claude", "mock");
      assertThat(sessions().modes("mock"))
          .extracting(AgentMode::id)
          .containsExactly("build", "plan");
      assertThat(sessions().models("mock").defaultModel()).isPresent();
      assertThat(sessions().install("mock", false).alreadyInstalled()).isTrue();
      assertRefused("unsupported_agent", () -> sessions().agent("nobody"));
      assertRefused("unsupported_agent", () -> sessions().modes("nobody"));
      assertRefused("unsupported_agent", () -> sessions().install("nobody", false));
    }

    @Test
    void sessionsAreMadeAndFound() {
      Session session =
          sessions()
              .create(
                  "a/ü 1", SessionSpec.builder("mock").agentMode("plan").title("Words").build());
      assertThat(session.id()).isEqualTo("a/ü 1");
      SessionInfo info = sessions().get("a/ü 1").info();
      assertThat(info.agent()).isEqualTo("mock");
      assertThat(info.agentMode()).isEqualTo("plan");
      assertThat(info.title()).contains("Words");
      assertThat(info.ended()).isFalse();
      mock("b");
      assertThat(sessions().list())
          .extracting(SessionInfo::sessionId)
          .containsExactly("b", "a/ü 1");
      assertRefused("session_already_exists", () -> mock("b"));
      assertRefused("session_not_found", () -> sessions().get("c"));
      assertRefused(
          "unsupported_agent", () -> sessions().create("c", SessionSpec.builder("x").build()));
      assertRefused(
          "mode_not_supported",
          () -> sessions().create("c", SessionSpec.builder("mock").agentMode("x").build()));
      assertRefused("invalid_request", () -> mock("c\n"));
    }

    @Test
    void aTurnIsReadFromItsFirstToItsLastEvent() throws InterruptedException {
      Session session = mock("s1");
      try (SessionEvents events =
          session.turn(new Prompt("Reply with exactly the single word OK."))) {
        assertThat(types(events))
            .endsWith(
                "item.started",
                "item.delta",
                "item.completed",
                "item.started",
                "item.delta",
                "item.completed");
      }
      try (SessionTurn turn = session.start(new Prompt("echo a  b"))) {
        assertThat(types(turn)).hasSize(6);
        assertThat(turn.end().orElseThrow().kind()).isEqualTo(TurnEnd.Kind.COMPLETED);
        assertThat(turn.id()).isNotEmpty();
      }
      EventPage all = session.page(0, OptionalLong.empty());
      assertThat(all.hasMore()).isFalse();
      assertThat(all.events()).extracting(SessionEvent::sequence).startsWith(1L, 2L).hasSize(13);
      EventPage some = session.page(2, OptionalLong.of(3));
      assertThat(some.hasMore()).isTrue();
      assertThat(some.events()).extracting(SessionEvent::sequence).containsExactly(3L, 4L, 5L);
      List<String> followed = new ArrayList<>();
      try (SessionEvents events = session.follow(2)) {
        while (followed.size() < 11) {
          events.next().forEach(e -> followed.add(new String(e.json(), StandardCharsets.UTF_8)));
        }
      }
      assertThat(followed)
          .isEqualTo(
              all.events().stream()
                  .skip(2)
                  .map(e -> new String(e.json(), StandardCharsets.UTF_8))
                  .toList());
      assertThat(session.info().nativeSessionId()).contains("mock-s1");
    }

    @Test
    void whatTheAgentWroteIsBesideItsEvents() throws InterruptedException {
      Session session = mock("s1");
      List<String> raw = new ArrayList<>();
      try (SessionEvents events = session.turn(new Prompt("unparsed"))) {
        for (List<SessionEvent> some = events.next(); !some.isEmpty(); some = events.next()) {
          raw.addAll(raw(some));
        }
      }
      assertThat(raw).containsExactly("{\"raw\":\"mock\"}");
      assertThat(raw(session.page(0, OptionalLong.empty()).events())).isEqualTo(raw);
      try (SessionTurn turn = session.start(new Prompt("unparsed"))) {
        for (List<SessionEvent> some = turn.next(); !some.isEmpty(); some = turn.next()) {
          raw.addAll(raw(some));
          assertThat(some)
              .allSatisfy(event -> assertThat(event.json()).asString().endsWith("\"raw\":null}"));
        }
      }
      List<String> followed = new ArrayList<>();
      try (SessionEvents events = session.follow(0)) {
        while (followed.size() < 2) {
          followed.addAll(raw(events.next()));
        }
      }
      assertThat(followed).isEqualTo(raw).hasSize(2);
    }

    private static List<String> raw(List<SessionEvent> events) {
      return events.stream()
          .flatMap(event -> event.raw().stream())
          .map(raw -> new String(raw, StandardCharsets.UTF_8))
          .toList();
    }

    @Test
    void whoRestsGoesOnWithTheNextMessage() throws InterruptedException {
      Session session = mock("s1");
      session.rest(); // there is nothing to stop
      try (SessionTurn turn = session.start(new Prompt("burst 1000000 100"))) {
        assertThat(turn.next()).isNotEmpty();
        session.rest();
        types(turn);
        assertThat(turn.end().orElseThrow().kind()).isEqualTo(TurnEnd.Kind.INTERRUPTED);
      }
      assertThat(session.info().ended()).isFalse();
      try (SessionEvents events = session.turn(new Prompt("echo again"))) {
        assertThat(types(events)).contains("item.completed");
      }
      session.terminate();
      session.rest(); // nothing is left to stop
    }

    @Test
    void permissionsAreAnswered() throws InterruptedException {
      Session session = mock("s1");
      try (SessionEvents events = session.follow(0)) {
        session.send(new Prompt("permission"));
        List<AgentEvent> asked =
            until(
                events,
                e ->
                    e instanceof AgentEvent.PermissionRequested p
                        && p.permissionId().endsWith("_denied"));
        List<String> ids =
            asked.stream()
                .filter(AgentEvent.PermissionRequested.class::isInstance)
                .map(e -> ((AgentEvent.PermissionRequested) e).permissionId())
                .toList();
        assertThat(ids).hasSize(2);
        session.answerPermission(ids.get(0), PermissionReply.ONCE);
        session.answerPermission(ids.get(1), PermissionReply.REJECT);
        List<AgentEvent> resolved =
            until(
                events,
                e ->
                    e instanceof AgentEvent.PermissionResolved p
                        && p.status() == AgentEvent.PermissionStatus.DENIED);
        assertThat(resolved)
            .anyMatch(e ->
                e instanceof AgentEvent.PermissionResolved p
                    && p.status() == AgentEvent.PermissionStatus.APPROVED);
        assertRefused(
            "invalid_request", () -> session.answerPermission(ids.get(0), PermissionReply.ONCE));
        assertRefused(
            "invalid_request", () -> session.answerPermission("x", PermissionReply.ALWAYS));
      }
    }

    @Test
    void questionsAreAnsweredAndDeclined() throws InterruptedException {
      Session session = mock("s1");
      try (SessionEvents events = session.follow(0)) {
        session.send(new Prompt("question"));
        List<String> ids = new ArrayList<>();
        while (ids.size() < 2) {
          events.next().stream()
              .map(Contract::data)
              .filter(AgentEvent.QuestionRequested.class::isInstance)
              .forEach(e -> ids.add(((AgentEvent.QuestionRequested) e).questionId()));
        }
        session.answerQuestion(ids.get(0), List.of(List.of("Blue")));
        session.rejectQuestion(ids.get(1));
        List<AgentEvent> resolved =
            until(
                events,
                e ->
                    e instanceof AgentEvent.QuestionResolved q
                        && q.status() == AgentEvent.QuestionStatus.REJECTED);
        assertThat(resolved)
            .anyMatch(e ->
                e instanceof AgentEvent.QuestionResolved q
                    && q.response().equals(Optional.of("Blue")));
        assertRefused("invalid_request", () -> session.rejectQuestion("x"));
      }
    }

    @Test
    void aTurnIsInterruptedAndTheSessionGoesOn() throws InterruptedException {
      Session session = mock("s1");
      try (SessionTurn turn = session.start(new Prompt("burst 1000000 100"))) {
        assertThat(turn.next()).isNotEmpty();
        session.interrupt();
        types(turn);
        assertThat(turn.end().orElseThrow().kind()).isEqualTo(TurnEnd.Kind.INTERRUPTED);
      }
      try (SessionEvents events = session.turn(new Prompt("echo again"))) {
        assertThat(types(events)).contains("item.completed");
      }
      session.interrupt(); // there is nothing to interrupt
    }

    @Test
    void whatWasTerminatedIsOver() throws InterruptedException {
      Session session = mock("s1");
      assertRefused("invalid_request", () -> session.send(new Prompt(" \n")));
      session.terminate();
      session.terminate();
      assertThat(session.info().ended()).isTrue();
      assertThatThrownBy(() -> session.send(new Prompt("hi")))
          .hasMessage("invalid request: session terminated");
      assertRefused("invalid_request", () -> session.turn(new Prompt("hi")));
      assertThat(session.page(0, OptionalLong.empty()).events().getLast())
          .satisfies(last -> assertThat(data(last).type()).isEqualTo("session.ended"));
    }

    @Test
    void sessionsAreChanged() {
      Session session = mock("s1");
      session.rename("Other");
      session.setMode("plan");
      session.setModel("mock-fast", Optional.of("high"));
      SessionInfo info = session.info();
      assertThat(info.title()).contains("Other");
      assertThat(info.agentMode()).isEqualTo("plan");
      assertThat(info.model()).contains("mock-fast");
      assertThat(info.variant()).contains("high");
      assertRefused("mode_not_supported", () -> session.setMode("x"));
    }

    @Test
    void whatWasSaidIsFoundExportedAndDeleted() throws InterruptedException {
      Session session = mock("s1");
      try (SessionEvents events = session.turn(new Prompt("echo sesame opens"))) {
        types(events);
      }
      assertThat(sessions().search("sesame", OptionalInt.empty()))
          .isNotEmpty()
          .allMatch(hit -> hit.sessionId().equals("s1") && hit.excerpt().contains("sesame"));
      assertThat(sessions().search("sesame", OptionalInt.of(1))).hasSize(1);
      assertThat(sessions().search("nothing", OptionalInt.empty())).isEmpty();
      assertThat(session.transcript(TranscriptFormat.MARKDOWN)).contains("sesame opens");
      assertThat(session.transcript(TranscriptFormat.JSON)).startsWith("{").contains("sesame");
      try (SessionEvents events = session.follow(session.info().eventCount())) {
        session.delete();
        types(events); // ends
      }
      assertRefused("session_not_found", session::info);
      assertThat(sessions().list()).isEmpty();
    }

    @Test
    void whoFollowsCanBeSentAway() throws InterruptedException {
      Session session = mock("s1");
      SessionEvents events = session.follow(0);
      CountDownLatch done = new CountDownLatch(1);
      Thread reader =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  types(events);
                  done.countDown();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
      events.close();
      done.await();
      reader.join();
    }

    @Test
    void severalFollowersSeeTheSame() throws InterruptedException {
      Session session = mock("s1");
      try (SessionEvents first = session.follow(0);
          SessionEvents second = session.follow(0)) {
        session.send(new Prompt("burst 5000"));
        assertThat(numbers(first, 5000)).isEqualTo(numbers(second, 5000));
      }
    }

    private static List<Long> numbers(SessionEvents events, int count) throws InterruptedException {
      List<Long> numbers = new ArrayList<>();
      while (numbers.size() < count) {
        events.next().forEach(event -> numbers.add(event.sequence()));
      }
      return numbers.subList(0, count);
    }
  }
}
