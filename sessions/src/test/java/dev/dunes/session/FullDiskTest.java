package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.agent.Prompt;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that is full under the journal: a small file system of its own, so only for root. */
@Timeout(180)
final class FullDiskTest {
  private static final String LONG = "x".repeat(20_000);

  @TempDir Path directory;

  private static boolean run(String... command) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    return process.waitFor() == 0;
  }

  private static void fill(Path file) {
    byte[] block = new byte[4096];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("No space left");
    }
  }

  private static List<String> history(Session session) {
    return session.page(0, OptionalLong.empty()).events().stream()
        .map(event -> new String(event.json(), StandardCharsets.UTF_8))
        .toList();
  }

  /** What ends a session that goes on writing. */
  private static SessionException untilItStops(Session session) throws InterruptedException {
    for (int i = 0; i < 1000; i++) {
      try (SessionTurn turn = session.start(new Prompt("say " + LONG))) {
        List<SessionEvent> next = turn.next();
        while (!next.isEmpty()) {
          next = turn.next();
        }
        TurnEnd end = turn.end().orElseThrow();
        if (end.kind() != TurnEnd.Kind.COMPLETED) {
          assertThat(end.kind()).isEqualTo(TurnEnd.Kind.SESSION_ENDED);
          return end.problem().orElseThrow();
        }
      } catch (SessionException e) {
        return e;
      }
    }
    throw new AssertionError("the disk was never full");
  }

  @Test
  void sessionsStopWithAClearErrorAndTheirHistoryIsIntact() throws Exception {
    Path journal = Files.createDirectories(directory.resolve(".sandstorm/journal"));
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "dunes-test", journal.toString()),
        "skipped: no file system can be mounted here");
    try (MockPlace place = new MockPlace(directory)) {
      Session session = place.create("s1");
      MockPlace.drain(session.turn(new Prompt("say before")));
      List<String> before = history(session);
      fill(journal.resolve("filler"));

      SessionException problem = untilItStops(session);
      assertThat(problem.code()).isEqualTo("stream_error");
      assertThat(problem).hasMessageContaining("disk is full");
      assertThat(problem.remedy()).isPresent();
      assertThat(history(session)).startsWith(before.toArray(String[]::new));

      Files.delete(journal.resolve("filler"));
      place.restart();
      Session again = place.sessions().get("s1");
      MockPlace.drain(again.turn(new Prompt("say after")));
      assertThat(history(again))
          .startsWith(before.toArray(String[]::new))
          .last()
          .asString()
          .contains("\"after\"");
      List<SessionEvent> all = again.page(0, OptionalLong.empty()).events();
      assertThat(all.stream().map(SessionEvent::sequence))
          .containsExactlyElementsOf(LongStream.rangeClosed(1, all.size()).boxed().toList());
    } finally {
      assertThat(run("umount", journal.toString())).isTrue();
    }
  }
}
