package dev.dunes.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunStoreTest {
  @TempDir Path directory;

  private Path file() {
    return directory.resolve("store/runs.jsonl");
  }

  private RunStore store(boolean prompts) {
    return new RunStore(new JsonLinesFile(file()), prompts);
  }

  private static RunRecord run(String id) {
    return new RunRecord(
        id,
        "p",
        Optional.of("m"),
        RunStatus.RUNNING,
        Instant.now(),
        OptionalDouble.empty(),
        OptionalInt.empty(),
        OptionalDouble.empty(),
        Optional.empty(),
        0,
        Optional.empty(),
        Optional.empty(),
        RunScope.DEFAULT,
        Json.object().put("timeout", 300),
        "running");
  }

  private static RunBody body() {
    return new RunBody(
        "the whole prompt", Map.of("f", Json.MAPPER.getNodeFactory().stringNode("file text")));
  }

  private static RunRecord ended(RunRecord run) {
    return run.ended(
        new RunEnd(true, "success", Optional.empty(), OptionalDouble.of(0.5), OptionalInt.of(2)),
        1.5);
  }

  @Test
  void aRowWhenARunStartsAndOneWhenItEnds() throws IOException {
    RunStore store = store(false);
    assertThat(store.add(run("a"), body())).isTrue();
    assertThat(store.add(run("a"), body())).isFalse();
    assertThat(Files.readAllLines(file())).hasSize(1);
    store.end(ended(run("a")));
    assertThat(Files.readAllLines(file())).hasSize(2);
    assertThat(Files.readString(file())).doesNotContain("the whole prompt", "file text");
    assertThat(Files.getPosixFilePermissions(file()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));

    RunRecord read = store(false).find("a").orElseThrow();
    assertThat(read.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(read.costUsd()).hasValue(0.5);
    assertThat(read.turns()).hasValue(2);
    assertThat(read.durationSeconds()).hasValue(1.5);
    assertThat(read.model()).contains("m");
    assertThat(store(false).body("a")).isEmpty();
  }

  @Test
  void promptsAreStoredWhenAskedFor() throws IOException {
    RunStore store = store(true);
    store.add(run("a"), body());
    store.end(ended(run("a")));

    RunBody read = store(true).body("a").orElseThrow();
    assertThat(read.rawPrompt()).isEqualTo("the whole prompt");
    assertThat(read.files().get("f").asString()).isEqualTo("file text");
  }

  @Test
  void aRunOfAnEndedProcessWasCutOffAndThatOfALivingOneGoesOn() throws IOException {
    RunStore store = store(false);
    store.add(run("mine"), body());
    Files.writeString(
        file(),
        Files.readString(file())
            + Files.readString(file())
                .replace("mine", "dead")
                .replaceAll("/\\d+/\\d+\"", "/999999999/1\"")
            + "{\"id\":\"old\",\"status\":\"running\",\"started_at\":\"2026-01-01T00:00:00+00:00\"}\n"
            + "no json\n[]\n{\"id\":\"half\",\"sta");

    RunStore again = store(false);
    assertThat(again.find("mine").orElseThrow().status()).isEqualTo(RunStatus.RUNNING);
    for (String id : List.of("dead", "old")) {
      assertThat(again.find(id).orElseThrow().status()).isEqualTo(RunStatus.ERROR);
      assertThat(again.find(id).orElseThrow().error()).contains("server restarted");
    }
    assertThat(again.find("half")).isEmpty();
    // what a kill left of a row does not swallow the next one
    again.add(run("next"), body());
    assertThat(store(false).find("next")).isPresent();
  }

  @Test
  void keepsTheNewest200AndCompactsWhatIsLong() throws IOException {
    RunStore store = store(false);
    for (int i = 0; i < 1001; i++) {
      RunRecord run = run("r" + i);
      store.add(run, body());
      store.end(ended(run));
    }
    assertThat(store.list(1000)).hasSize(200);
    assertThat(store.list(2)).extracting(RunRecord::id).containsExactly("r1000", "r999");
    assertThat(Files.readAllLines(file())).hasSize(2002);

    assertThat(store(false).list(1000)).extracting(RunRecord::id).startsWith("r1000").hasSize(200);
    assertThat(Files.readAllLines(file())).hasSize(200);
  }

  @Test
  void whatStartsWhileTheOldOnesAreReadComesAfterThem() {
    RunStore first = store(false);
    for (int i = 0; i < 300; i++) {
      first.add(run("old" + i), body());
      first.end(ended(run("old" + i)));
    }

    RunStore store = store(false);
    store.add(run("new"), body());
    assertThat(store.knows("new")).isTrue();
    store.end(ended(run("new")));

    assertThat(store.list(3)).extracting(RunRecord::id).containsExactly("new", "old299", "old298");
    assertThat(store.list(1000)).hasSize(200);
    assertThat(store.find("new").orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(store.body("new")).isPresent();
  }

  @Test
  void whatIsAddedWhileAFileIsRewrittenIsKept() throws Exception {
    JsonLinesFile one = new JsonLinesFile(file());
    for (int i = 0; i < 500; i++) {
      one.append(Json.object().put("id", "r" + i));
    }
    CountDownLatch reading = new CountDownLatch(1);
    Thread adding =
        Thread.ofVirtual()
            .start(() -> {
              awaitUninterruptibly(reading);
              one.append(Json.object().put("id", "added"));
            });

    one.rewrite(rows -> {
      reading.countDown();
      // What is added waits for the lock, or has not come to it yet.
      return rows.subList(400, rows.size());
    });
    adding.join();

    assertThat(one.read()).hasSize(101);
    assertThat(one.read().getLast().path("id").asString()).isEqualTo("added");
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aDiskThatCannotBeWrittenIsTolerated() throws IOException {
    // root may write everywhere: a file where the directory should be stops it, too
    Files.writeString(directory.resolve("store"), "in the way");

    RunStore store = store(false);

    assertThat(store.add(run("a"), body())).isTrue();
    store.end(ended(run("a")));
    assertThat(store.find("a").orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void aFullDiskIsToleratedAndTheNextRowIsWhole() throws IOException {
    Path full = Path.of("/dev/full");
    org.junit.jupiter.api.Assumptions.assumeTrue(Files.exists(full), "there is no /dev/full");
    RunStore store = store(false);
    Files.createDirectories(file().getParent());
    Files.createSymbolicLink(file(), full);
    assertThat(store.add(run("a"), body())).isTrue();
    Files.delete(file());
    store.end(ended(run("a")));
    assertThat(store(false).find("a").orElseThrow().status()).isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void bodiesInMemoryAreBounded() {
    RunStore store = store(false);
    String large = "x".repeat(30 << 20);
    for (String id : List.of("a", "b", "c")) {
      store.add(run(id), new RunBody(large, Map.of()));
    }
    assertThat(store.body("a")).isEmpty();
    assertThat(store.body("c")).isPresent();
    assertThat(store.find("a")).isPresent();
  }
}
