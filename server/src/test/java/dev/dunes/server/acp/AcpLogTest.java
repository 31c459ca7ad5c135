package dev.dunes.server.acp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.server.http.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What was sent, in a file. */
class AcpLogTest {
  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void file() {
    file = directory.resolve("log");
  }

  /** Everything that is in a log. */
  private static final class Heard implements AcpLog.Visitor {
    final List<String> all = new ArrayList<>();

    @Override
    public void note(ObjectNode note) {
      all.add("note " + note);
    }

    @Override
    public void message(long id, JsonNode message) {
      all.add(id + " " + message);
    }
  }

  private static List<byte[]> messages(int from, int to) {
    List<byte[]> messages = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      messages.add(("{\"n\":" + i + "}").getBytes(StandardCharsets.UTF_8));
    }
    return messages;
  }

  @Test
  void isReadAgain() throws IOException {
    try (AcpLog log = AcpLog.create(file)) {
      log.note(Json.object().put("a", 1));
      assertThat(log.add(messages(1, 3))).isEqualTo(3);
      assertThat(log.addResult(messages(4, 4).getFirst())).isEqualTo(4);
    }
    Heard heard = new Heard();
    try (AcpLog log = AcpLog.open(file, heard)) {
      assertThat(log.last()).isEqualTo(4);
      assertThat(log.add(messages(5, 5))).isEqualTo(5);
    }
    assertThat(heard.all)
        .containsExactly(
            "note {\"a\":1}", "1 {\"n\":1}", "2 {\"n\":2}", "3 {\"n\":3}", "4 {\"n\":4}");
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
  }

  @Test
  void aLineThatWasNotFinishedIsDropped() throws IOException {
    try (AcpLog log = AcpLog.create(file)) {
      log.add(messages(1, 2));
    }
    Files.writeString(file, "M{\"n\":3", StandardOpenOption.APPEND);
    try (AcpLog log = AcpLog.open(file, new Heard())) {
      assertThat(log.last()).isEqualTo(2);
      log.add(messages(3, 3));
    }
    Heard heard = new Heard();
    AcpLog.open(file, heard).close();
    assertThat(heard.all).containsExactly("1 {\"n\":1}", "2 {\"n\":2}", "3 {\"n\":3}");
  }

  @Test
  void aLineThatIsDamagedIsAnError() throws IOException {
    Files.writeString(file, "M{]\nM{}\n");
    assertThatThrownBy(() -> AcpLog.open(file, new Heard()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void linesLongerThanABufferAndManyOfThem() throws IOException {
    String big = "x".repeat(300_000);
    try (AcpLog log = AcpLog.create(file)) {
      log.add(List.of(Json.bytes(Json.object().put("big", big))));
      log.add(messages(2, 2_000));
    }
    Heard heard = new Heard();
    AcpLog.open(file, heard).close();
    assertThat(heard.all).hasSize(2_000);
    assertThat(heard.all.getFirst()).hasSizeGreaterThan(300_000);
    assertThat(heard.all.getLast()).isEqualTo("2000 {\"n\":2000}");
  }

  @Test
  void waitingForDeliveryEndsWhenNobodyReads() throws Exception {
    try (AcpLog log = AcpLog.create(file)) {
      long id = log.add(messages(1, 1));
      assertThat(log.awaitDelivery(id, TimeUnit.MINUTES.toNanos(1))).isFalse();
      AcpReader reader = log.read(0);
      assertThat(log.hasReaders()).isTrue();
      Thread leaves = Thread.ofVirtual().start(() -> close(reader));
      assertThat(log.awaitDelivery(id, TimeUnit.MINUTES.toNanos(1))).isFalse();
      leaves.join();
      assertThat(log.hasReaders()).isFalse();
    }
  }

  private static void close(AcpReader reader) {
    try {
      reader.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void afterItsRemovalNothingIsWritten() throws IOException {
    AcpLog log = AcpLog.create(file);
    log.delete();
    assertThat(file).doesNotExist();
    assertThatThrownBy(() -> log.add(messages(1, 1))).isInstanceOf(IOException.class);
  }
}
