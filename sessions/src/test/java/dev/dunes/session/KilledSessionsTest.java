package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalEvent;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left when a process with sessions is killed. */
final class KilledSessionsTest {
  @TempDir Path directory;

  @Test
  void whatAReaderWasGivenIsThereAndTheSessionGoesOn() throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path")
                    + System.getProperty("path.separator")
                    + System.getProperty("jdk.module.path", ""),
                KilledSessions.class.getName(),
                directory.toString())
            .redirectErrorStream(true)
            .start();
    long given = 0;
    StringBuilder output = new StringBuilder();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.matches("[0-9]+")) {
          given = Long.parseLong(line);
        } else if (output.length() < 10_000) {
          output.append(line).append('\n');
        }
        if (given > 10_000) {
          // Not the process itself: what it had printed is still read.
          process.toHandle().destroyForcibly();
        }
      }
    } finally {
      process.destroyForcibly();
      process.waitFor();
    }
    assertThat(given).as(output.toString()).isGreaterThan(10_000);

    try (MockPlace place = new MockPlace(directory)) {
      Session session = place.sessions().get("s");
      List<SessionEvent> all = MockPlace.drain(ended(session));
      assertThat(all.size()).isGreaterThanOrEqualTo((int) given);
      long expected = 1;
      for (SessionEvent event : all) {
        assertThat(event.sequence()).isEqualTo(expected++);
      }
      List<UniversalEvent> last =
          MockPlace.events(session.page(all.size() - 3, OptionalLong.empty()).events());
      assertThat(last)
          .extracting(event -> event.data().type())
          .containsExactly("item.completed", "error", "turn.ended");
      assertThat(((AgentEvent.Failed) last.get(1).data()).code()).contains("server_restart");
      assertThat(((AgentEvent.Failed) last.get(1).data()).details().toString())
          .contains("echo later");
      assertThat(session.info().busy()).isFalse();
      List<UniversalEvent> turn =
          MockPlace.events(MockPlace.drain(session.start(new Prompt("echo again"))));
      assertThat(turn).hasSize(8);
      assertThat(((AgentEvent.ItemStarted) turn.get(1).data()).item().itemId()).isEqualTo("itm_3");
    }
  }

  /** Everything that is there now. */
  private static SessionEvents ended(Session session) {
    long count = session.info().eventCount();
    return new SessionEvents() {
      private long offset;

      @Override
      public List<SessionEvent> next() {
        List<SessionEvent> events =
            offset >= count ? List.of() : session.page(offset, OptionalLong.of(1000)).events();
        offset = events.isEmpty() ? offset : events.getLast().sequence();
        return events;
      }

      @Override
      public void close() {}
    };
  }
}
