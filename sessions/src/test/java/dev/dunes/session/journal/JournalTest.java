package dev.dunes.session.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.session.SessionEvent;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class JournalTest {
  private static final Instant NOW = Instant.parse("2026-01-28T12:00:00Z");

  @TempDir Path directory;

  private Journal open() {
    return Journal.open(directory, OptionalLong.empty());
  }

  private static SessionEvent event(long sequence) {
    return new SessionEvent(
        sequence, ("{\"n\":" + sequence + "}").getBytes(StandardCharsets.UTF_8), Optional.empty());
  }

  private static void append(EventLog log, long from, long to) {
    for (long i = from; i <= to; i++) {
      log.append(event(i), 0, null);
    }
  }

  private static List<Long> sequences(List<SessionEvent> events) {
    return events.stream().map(SessionEvent::sequence).toList();
  }

  private static void assertComplete(List<SessionEvent> events, long first, long last) {
    assertThat(events).hasSize((int) (last - first + 1));
    long expected = first;
    for (SessionEvent event : events) {
      assertThat(event.sequence()).isEqualTo(expected);
      assertThat(new String(event.json(), StandardCharsets.UTF_8))
          .isEqualTo("{\"n\":" + expected + "}");
      expected++;
    }
  }

  @Test
  void whatWasWrittenIsThereAfterClosing() {
    try (Journal journal = open()) {
      EventLog log = journal.create("s", NOW, "{}");
      append(log, 1, 1500);
      log.state("{\"a\":1}");
    }
    try (Journal journal = open()) {
      assertThat(journal.sessions())
          .singleElement()
          .satisfies(session -> {
            assertThat(session.sequence()).isEqualTo(1500);
            assertThat(session.state()).isEqualTo("{\"a\":1}");
          });
      EventLog log = journal.log(journal.sessions().getFirst());
      assertComplete(log.page(0, OptionalLong.empty()).events(), 1, 1500);
      assertThat(sequences(log.page(700, OptionalLong.of(3)).events()))
          .containsExactly(701L, 702L, 703L);
      assertThat(log.page(1499, OptionalLong.of(3)).hasMore()).isFalse();
    }
  }

  @Test
  void sessionsDoNotSeeEachOther() {
    try (Journal journal = open()) {
      EventLog a = journal.create("a", NOW, "{}");
      EventLog b = journal.create("b", NOW, "{}");
      for (int i = 1; i <= 100; i++) {
        append(a, i, i);
        append(b, i, i);
      }
      a.sync();
      journal.delete(a);

      assertComplete(b.page(0, OptionalLong.empty()).events(), 1, 100);
      assertThat(journal.sessions()).extracting(StoredSession::id).containsExactly("b");
    }
  }

  @Test
  void aReaderThatPausesMissesNothing() throws Exception {
    try (Journal journal = open()) {
      EventLog log = journal.create("s", NOW, "{}");
      append(log, 1, 1);
      try (Follower follower = log.follow(0)) {
        List<SessionEvent> all = new ArrayList<>(follower.next());
        append(log, 2, 200_000);
        log.sync(); // all of it has passed, far more than is kept in memory
        while (all.size() < 200_000) {
          all.addAll(follower.next());
        }
        assertComplete(all, 1, 200_000);
      }
    }
  }

  @Test
  void aFollowerSeesWhatComesWhileItReadsWithoutGapsOrRepetition() throws Exception {
    try (Journal journal = open()) {
      EventLog log = journal.create("s", NOW, "{}");
      append(log, 1, 10_000);
      Thread writer = Thread.ofVirtual().start(() -> append(log, 10_001, 60_000));
      List<SessionEvent> all = new ArrayList<>();
      try (Follower follower = log.follow(0)) {
        while (all.size() < 60_000) {
          all.addAll(follower.next());
        }
      }
      writer.join();
      assertComplete(all, 1, 60_000);
    }
  }

  @Test
  void aReaderEndsWhenItIsClosedAndWhenTheSessionIsDeleted() throws Exception {
    try (Journal journal = open()) {
      EventLog log = journal.create("s", NOW, "{}");
      try (Follower closed = log.follow(0);
          Follower left = log.follow(0)) {
        CompletableFuture<List<SessionEvent>> first = reading(closed);
        CompletableFuture<List<SessionEvent>> second = reading(left);
        closed.close();
        assertThat(first.get(30, TimeUnit.SECONDS)).isEmpty();
        journal.delete(log);
        assertThat(second.get(30, TimeUnit.SECONDS)).isEmpty();
      }
    }
  }

  private static CompletableFuture<List<SessionEvent>> reading(Follower follower) {
    CompletableFuture<List<SessionEvent>> result = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(() -> {
          try {
            result.complete(follower.next());
          } catch (InterruptedException | RuntimeException e) {
            result.completeExceptionally(e);
          }
        });
    return result;
  }

  @Test
  void aFullDiskStopsWritingAndLosesNothingThatWasThere() {
    try (Journal journal = Journal.open(directory, OptionalLong.of(2 << 20))) {
      EventLog log = journal.create("s", NOW, "{}");
      append(log, 1, 1000);
      log.sync();
      byte[] large = new byte[1 << 20];
      assertThatThrownBy(
              () -> {
                for (int i = 0; i < 10; i++) {
                  log.append(new SessionEvent(1001 + i, large, Optional.empty()), 0, null);
                }
                log.sync();
              })
          .isInstanceOfSatisfying(
              JournalException.class,
              e -> {
                assertThat(e.reason()).isEqualTo(JournalException.Reason.FULL);
                assertThat(e).hasMessageContaining("full");
                assertThat(e.remedy()).contains("DUNES_JOURNAL_MAX_MB");
              });
      assertThatThrownBy(() -> append(log, 2000, 2000)).isInstanceOf(JournalException.class);
      long last = log.last();
      assertThat(last).isGreaterThanOrEqualTo(1000);
      assertComplete(log.page(0, OptionalLong.of(1000)).events(), 1, 1000);

      // Read again from the disk it goes on, with what is small enough.
      EventLog again = journal.log(journal.reread(log));
      assertThat(again.last()).isEqualTo(last);
      append(again, last + 1, last + 1);
      again.sync();
      assertThat(again.last()).isEqualTo(last + 1);
    }
    try (Journal journal = open()) {
      EventLog log = journal.log(journal.sessions().getFirst());
      assertComplete(log.page(0, OptionalLong.of(1000)).events(), 1, 1000);
    }
  }

  @Test
  void aJournalOfANewerVersionIsLeftAlone() throws Exception {
    open().close();
    try (Connection connection =
            new JournalFile(directory.resolve("journal.db"), OptionalLong.empty()).connect(false);
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA user_version = 99");
    }

    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            JournalException.class,
            e -> assertThat(e.reason()).isEqualTo(JournalException.Reason.NEWER));
  }

  @Test
  void onlyOneHasItOpen() {
    try (Journal journal = open()) {
      assertThat(journal.sessions()).isEmpty();
      assertThatThrownBy(this::open)
          .isInstanceOfSatisfying(
              JournalException.class,
              e -> assertThat(e.reason()).isEqualTo(JournalException.Reason.IN_USE));
    }
    open().close();
  }

  @Property(tries = 200)
  void whatABlockHoldsIsWhatWasPutIn(
      @ForAll @Size(min = 1, max = 30) List<@IntRange(max = 3) Integer> raws,
      @ForAll @IntRange(max = 40) int offset,
      @ForAll @IntRange(max = 40) int most) {
    byte[][] known = {new byte[0], {1, 2, 3}, {-1, -1, -1, -1, 10, 13}};
    List<SessionEvent> events = new ArrayList<>();
    for (int i = 0; i < raws.size(); i++) {
      int raw = raws.get(i);
      events.add(
          new SessionEvent(
              i + 1,
              ("event " + i).getBytes(StandardCharsets.UTF_8),
              raw == 3 ? Optional.empty() : Optional.of(known[raw])));
    }

    List<SessionEvent> read = new ArrayList<>();
    Block.of(events, 0, events.size()).addTo(read, offset, most);

    List<SessionEvent> expected = events.stream().skip(offset).limit(most).toList();
    assertThat(read).hasSameSizeAs(expected);
    for (int i = 0; i < read.size(); i++) {
      assertThat(read.get(i).sequence()).isEqualTo(expected.get(i).sequence());
      assertThat(read.get(i).json()).isEqualTo(expected.get(i).json());
      assertThat(read.get(i).raw().isPresent()).isEqualTo(expected.get(i).raw().isPresent());
      if (read.get(i).raw().isPresent()) {
        assertThat(read.get(i).raw().get()).isEqualTo(expected.get(i).raw().get());
      }
    }
  }
}
