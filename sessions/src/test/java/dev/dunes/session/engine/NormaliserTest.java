package dev.dunes.session.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

/** The rules of the agent API, sheet 3.1, 4 to 7. */
final class NormaliserTest {
  /** What came out, one line each. */
  private static final class Heard implements Normaliser.Sink {
    final List<AgentEvent> events = new ArrayList<>();
    final List<String> lines = new ArrayList<>();

    @Override
    public void event(AgentEvent event, boolean synthetic, Optional<byte[]> raw) {
      events.add(event);
      lines.add(
          (synthetic ? "synthetic " : "")
              + switch (event) {
                case AgentEvent.ItemStarted started -> "started " + line(started.item());
                case AgentEvent.ItemCompleted completed -> "completed " + line(completed.item());
                case AgentEvent.ItemDelta delta ->
                    "delta %s %s %s"
                        .formatted(delta.itemId(), delta.nativeItemId().orElse("-"), delta.delta());
                default -> event.type();
              });
    }

    private static String line(UniversalItem item) {
      return "%s %s %s %s"
          .formatted(
              item.itemId(), item.nativeItemId().orElse("-"), item.status(), item.content().size());
    }
  }

  private final Heard heard = new Heard();

  private static UniversalItem item(String name, Kind kind, Role role, Status status, String text) {
    return new UniversalItem(
        "",
        Optional.of(name),
        Optional.empty(),
        kind,
        Optional.of(role),
        text.isEmpty() ? List.of() : List.of(new ContentPart.Text(text)),
        status);
  }

  private static AgentEvent started(String name) {
    return new AgentEvent.ItemStarted(
        item(name, Kind.MESSAGE, Role.ASSISTANT, Status.IN_PROGRESS, ""));
  }

  private static AgentEvent delta(String name, String text) {
    return new AgentEvent.ItemDelta("", Optional.of(name), text);
  }

  private static AgentEvent completed(String name, String text) {
    return new AgentEvent.ItemCompleted(
        item(name, Kind.MESSAGE, Role.ASSISTANT, Status.COMPLETED, text));
  }

  private static AgentEvent tool(String name) {
    return new AgentEvent.ItemCompleted(
        item(name, Kind.TOOL_CALL, Role.ASSISTANT, Status.COMPLETED, ""));
  }

  private void accept(Normaliser normaliser, AgentEvent... events) {
    for (AgentEvent event : events) {
      normaliser.accept(event, Optional.empty());
    }
  }

  @Test
  void whatWasNotStartedIsStartedAndAMessageHasADelta() {
    accept(new Normaliser(true, 0, heard), completed("m", "hello"), tool("t"));

    assertThat(heard.lines)
        .containsExactly(
            "synthetic started itm_1 m IN_PROGRESS 1",
            "synthetic delta itm_1 m hello",
            "completed itm_1 m COMPLETED 1",
            "synthetic started itm_2 t IN_PROGRESS 0",
            "completed itm_2 t COMPLETED 0");
  }

  @Test
  void aMessageThatCameInPiecesHasNoOtherDelta() {
    accept(
        new Normaliser(true, 7, heard),
        started("m"),
        started("m"),
        delta("m", "a"),
        delta("m", "b"),
        completed("m", "ab"),
        delta("m", "late"));

    assertThat(heard.lines)
        .containsExactly(
            "started itm_8 m IN_PROGRESS 0",
            "delta itm_8 m a",
            "delta itm_8 m b",
            "completed itm_8 m COMPLETED 1");
  }

  @Test
  void theFirstAnswerIsTheOneThatWasBegunWithTheMessage() {
    Normaliser normaliser = new Normaliser(false, 0, heard);
    normaliser.user("hi", 1, "native");
    accept(
        normaliser,
        tool("t"),
        started("a"),
        delta("a", "x"),
        completed("a", "x"),
        completed("b", "y"));
    normaliser.endTurn(true);

    assertThat(heard.lines)
        .containsExactly(
            "synthetic started itm_1 user_1 IN_PROGRESS 1",
            "synthetic delta itm_1 user_1 hi",
            "synthetic completed itm_1 user_1 COMPLETED 1",
            "synthetic started itm_2 native_pending_assistant_1 IN_PROGRESS 0",
            "synthetic started itm_3 t IN_PROGRESS 0",
            "completed itm_3 t COMPLETED 0",
            "delta itm_2 a x",
            "completed itm_2 a COMPLETED 1",
            "synthetic started itm_4 b IN_PROGRESS 1",
            "synthetic delta itm_4 b y",
            "completed itm_4 b COMPLETED 1");
  }

  @Test
  void anAnswerThatNeverCameIsClosed() {
    Normaliser normaliser = new Normaliser(false, 0, heard);
    normaliser.user("hi", 1, "native");
    normaliser.endTurn(true);

    assertThat(heard.lines)
        .last()
        .isEqualTo("synthetic completed itm_2 native_pending_assistant_1 COMPLETED 0");
  }

  @Test
  void whatIsCutOffHasFailedWithWhatItSaid() {
    Normaliser normaliser = new Normaliser(true, 0, heard);
    accept(normaliser, started("m"), delta("m", "half a "), delta("m", "sentence"));
    normaliser.endTurn(false);

    assertThat(heard.events.getLast())
        .isInstanceOfSatisfying(
            AgentEvent.ItemCompleted.class,
            last -> {
              assertThat(last.item().status()).isEqualTo(Status.FAILED);
              assertThat(last.item().content())
                  .containsExactly(new ContentPart.Text("half a sentence"));
            });
  }

  @Test
  void aParentIsAnItemThatWasTold() {
    Normaliser normaliser = new Normaliser(true, 0, heard);
    accept(normaliser, tool("task"));
    for (String parent : List.of("task", "unknown")) {
      normaliser.accept(
          new AgentEvent.ItemCompleted(
              new UniversalItem(
                  "",
                  Optional.of("child of " + parent),
                  Optional.of(parent),
                  Kind.TOOL_CALL,
                  Optional.of(Role.ASSISTANT),
                  List.of(),
                  Status.COMPLETED)),
          Optional.empty());
    }

    assertThat(heard.events)
        .filteredOn(AgentEvent.ItemCompleted.class::isInstance)
        .extracting(event -> ((AgentEvent.ItemCompleted) event).item().parentId())
        .containsExactly(Optional.empty(), Optional.of("itm_1"), Optional.empty());
  }

  @Provide
  Arbitrary<List<AgentEvent>> anything() {
    Arbitrary<String> names = Arbitraries.of("a", "b", "c", "d");
    Arbitrary<String> texts = Arbitraries.of("", "x", "yz");
    Arbitrary<Kind> kinds = Arbitraries.of(Kind.class);
    Arbitrary<Role> roles = Arbitraries.of(Role.class);
    return Combinators.combine(Arbitraries.integers().between(0, 2), names, texts, kinds, roles)
        .as((what, name, text, kind, role) ->
            switch (what) {
              case 0 ->
                  (AgentEvent)
                      new AgentEvent.ItemStarted(item(name, kind, role, Status.IN_PROGRESS, text));
              case 1 -> delta(name, text);
              default ->
                  new AgentEvent.ItemCompleted(item(name, kind, role, Status.COMPLETED, text));
            })
        .list()
        .ofMaxSize(40);
  }

  /** Whatever an agent says: in this order, with these ids, and nothing stays open. */
  @Property(tries = 500)
  void everyItemIsStartedOnceThenWrittenThenCompletedOnce(
      @ForAll("anything") List<AgentEvent> said,
      @ForAll boolean itemStarted,
      @ForAll boolean whole) {
    Heard all = new Heard();
    Normaliser normaliser = new Normaliser(itemStarted, 0, all);
    normaliser.user("hi", 1, "native");
    said.forEach(event -> normaliser.accept(event, Optional.empty()));
    normaliser.endTurn(whole);

    Map<String, Kind> open = new HashMap<>();
    Set<String> written = new HashSet<>();
    long count = 0;
    for (AgentEvent event : all.events) {
      switch (event) {
        case AgentEvent.ItemStarted started -> {
          count++;
          assertThat(started.item().itemId()).isEqualTo("itm_" + count);
          open.put(started.item().itemId(), started.item().kind());
        }
        case AgentEvent.ItemDelta delta -> {
          assertThat(open).containsKey(delta.itemId());
          written.add(delta.itemId());
        }
        case AgentEvent.ItemCompleted completed -> {
          String id = completed.item().itemId();
          assertThat(open.remove(id)).isNotNull();
          boolean hasText = !completed.item().content().isEmpty();
          if (completed.item().kind() == Kind.MESSAGE
              && hasText
              && completed.item().status() == Status.COMPLETED) {
            assertThat(written).contains(id);
          }
        }
        default -> throw new AssertionError(event.type());
      }
    }
    assertThat(normaliser.items()).isEqualTo(count);
    if (!whole) {
      assertThat(open).isEmpty();
    }
  }
}
