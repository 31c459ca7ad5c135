package dev.dunes.server.acp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.server.http.Json;
import dev.dunes.server.http.SseFrames;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.IntNode;

/** What was sent, in a file. */
class AcpLogTest {
  private static final long ROOMY = 64 << 20;
  private static final long TIGHT = 2 << 20;
  private static final AcpIdentity IDENTITY = new AcpIdentity("x", "mock", 1);

  @TempDir Path directory;
  private Path file;

  @BeforeEach
  void file() {
    file = directory.resolve("log");
  }

  private AcpLog create(long bound) throws IOException {
    return AcpLog.create(file, new AcpMemory(IDENTITY), bound);
  }

  private AcpLog open(long bound) throws IOException {
    return AcpLog.open(file, new AcpMemory(IDENTITY), bound);
  }

  private static List<byte[]> messages(int from, int to) {
    List<byte[]> messages = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      messages.add(("{\"n\":" + i + "}").getBytes(StandardCharsets.UTF_8));
    }
    return messages;
  }

  /** Messages of a kilobyte. */
  private static void fill(AcpLog log, int from, int to) throws IOException {
    for (int i = from; i <= to; i++) {
      log.add(List.of(Json.bytes(Json.object().put("n", i).put("x", "x".repeat(1000)))));
    }
  }

  /** What a client gets: its frames, until it has one with this id. */
  private static final class Client {
    final List<String> frames = new ArrayList<>();
    private final AcpReader reader;

    Client(AcpLog log, long after) throws IOException {
      this.reader = log.read(after);
    }

    Client to(long id) throws IOException {
      String wanted = "id: " + id + "\n";
      try (reader) {
        reader.relay(all -> {
          take(all);
          if (frames.stream().anyMatch(frame -> frame.contains(wanted))) {
            throw new InterruptedException("enough");
          }
        });
      } catch (InterruptedException e) {
        assertThat(e).hasMessage("enough");
      }
      return this;
    }

    private void take(SseFrames all) {
      frames.addAll(List.of(all.toString().split("(?<=\n\n)")));
      all.clear();
    }

    List<Long> ids() {
      return frames.stream()
          .map(frame -> Long.parseLong(frame.replaceAll("(?s).*\nid: ([0-9]+)\n.*", "$1")))
          .toList();
    }

    JsonNode data(int index) {
      String frame = frames.get(index);
      return Json.MAPPER.readTree(frame.substring(frame.indexOf("data: ") + 6));
    }
  }

  private static List<Long> range(int from, int to) {
    return IntStream.rangeClosed(from, to).mapToObj(Long::valueOf).toList();
  }

  @Test
  void isReadAgain() throws IOException {
    try (AcpLog log = create(ROOMY)) {
      assertThat(log.add(messages(1, 3))).isEqualTo(3);
      assertThat(log.addResult(messages(4, 4).getFirst())).isEqualTo(4);
    }
    try (AcpLog log = open(ROOMY)) {
      assertThat(log.last()).isEqualTo(4);
      assertThat(log.add(messages(5, 5))).isEqualTo(5);
      Client client = new Client(log, 0).to(5);
      assertThat(client.ids()).isEqualTo(range(1, 5));
      assertThat(client.frames.getLast()).isEqualTo("event: message\nid: 5\ndata: {\"n\":5}\n\n");
    }
    assertThat(Files.getPosixFilePermissions(file)).hasSize(2);
  }

  @Test
  void aLineThatWasNotFinishedIsDropped() throws IOException {
    try (AcpLog log = create(ROOMY)) {
      log.add(messages(1, 2));
    }
    Files.writeString(file, "M{\"n\":3", StandardOpenOption.APPEND);
    try (AcpLog log = open(ROOMY)) {
      assertThat(log.last()).isEqualTo(2);
      log.add(messages(3, 3));
    }
    try (AcpLog log = open(ROOMY)) {
      assertThat(new Client(log, 0).to(3).data(2).get("n").asInt()).isEqualTo(3);
    }
  }

  @Test
  void aLineThatIsDamagedIsAnError() throws IOException {
    Files.writeString(file, "M{]\nM{}\n");
    assertThatThrownBy(() -> open(ROOMY))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("damaged");
  }

  @Test
  void linesLongerThanABufferAndManyOfThem() throws IOException {
    String big = "x".repeat(300_000);
    try (AcpLog log = create(ROOMY)) {
      log.add(List.of(Json.bytes(Json.object().put("big", big))));
      log.add(messages(2, 2_000));
    }
    try (AcpLog log = open(ROOMY)) {
      Client client = new Client(log, 0).to(2_000);
      assertThat(client.ids()).isEqualTo(range(1, 2_000));
      assertThat(client.data(0).get("big").asString()).isEqualTo(big);
      for (long after : new long[] {1, 255, 256, 257, 1_999}) {
        assertThat(new Client(log, after).to(2_000).ids()).isEqualTo(range((int) after + 1, 2_000));
      }
    }
  }

  @Test
  void itHasABoundAndWhoComesLateIsToldWhatIsGone() throws IOException {
    try (AcpLog log = create(TIGHT)) {
      fill(log, 1, 10_000);
      assertThat(Files.size(file)).isBetween(TIGHT / 2, TIGHT + 2_000);
      Client late = new Client(log, 17).to(10_000);
      JsonNode gap = late.data(0);
      assertThat(gap.get("method").asString()).isEqualTo("_adapter/messages_dropped");
      assertThat(gap.at("/params/from").asInt()).isEqualTo(18);
      int gone = gap.at("/params/to").asInt();
      assertThat(gone).isGreaterThan(7_000);
      assertThat(late.ids()).isEqualTo(range(gone, 10_000));
      assertThat(late.data(1).get("n").asInt()).isEqualTo(gone + 1);
      assertThat(new Client(log, gone).to(10_000).ids()).isEqualTo(range(gone + 1, 10_000));
      assertThat(new Client(log, 9_990).to(10_000).ids()).isEqualTo(range(9_991, 10_000));
    }
  }

  @Test
  void whoReadsAllTheWhileMissesNothing() throws Exception {
    try (AcpLog log = create(TIGHT)) {
      Client follower = new Client(log, 0);
      Thread reading = Thread.ofVirtual().start(() -> unchecked(() -> follower.to(2_500)));
      fill(log, 1, 2_500); // once over the bound
      reading.join();
      assertThat(follower.ids()).isEqualTo(range(1, 2_500));
    }
  }

  @Test
  void whoPausesGoesOnInTheFileThatWasReplaced() throws IOException {
    try (AcpLog log = create(TIGHT)) {
      fill(log, 1, 1_000);
      Client paused = new Client(log, 0); // has its place in the first file
      fill(log, 1_001, 2_500); // and now that is left
      paused.to(2_500);
      assertThat(paused.ids()).isEqualTo(range(1, 2_500));

      Client longer = new Client(log, 2_500);
      fill(log, 2_501, 9_000); // several files later
      longer.to(9_000);
      List<Long> ids = longer.ids();
      assertThat(ids).isSorted().doesNotHaveDuplicates().endsWith(9_000L);
      assertThat(longer.frames).anyMatch(frame -> frame.contains("_adapter/messages_dropped"));
    }
  }

  @Test
  void whatIsLeftOutIsRememberedAsFarAsItMatters() throws IOException {
    try (AcpLog log = create(TIGHT)) {
      log.note(AcpMemory.session("stays"));
      log.note(AcpMemory.session("goes"));
      log.note(AcpMemory.closed("goes"));
      log.note(AcpMemory.request(IntNode.valueOf(7)));
      log.add(List.of(Rpc.request("srv-3", "session/request_permission", Json.object())));
      fill(log, 2, 9_000);
    }
    AcpMemory memory = new AcpMemory(IDENTITY);
    try (AcpLog log = AcpLog.open(file, memory, TIGHT)) {
      assertThat(log.last()).isEqualTo(9_000);
      assertThat(memory.sessions()).containsExactly("stays");
      assertThat(memory.unanswered()).containsExactly(IntNode.valueOf(7));
      assertThat(log.add(messages(9_001, 9_001))).isEqualTo(9_001);
      assertThat(new Client(log, 9_000).to(9_001).ids()).containsExactly(9_001L);
    }
    assertThat(Files.readAllLines(file).getFirst()).contains("\"serverId\":\"x\"");
    assertThat(directory).isDirectoryNotContaining("glob:**.new");
  }

  @FunctionalInterface
  private interface Fallible {
    void run() throws IOException;
  }

  private static void unchecked(Fallible body) {
    try {
      body.run();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void waitingForDeliveryEndsWhenNobodyReads() throws Exception {
    try (AcpLog log = create(ROOMY)) {
      long id = log.add(messages(1, 1));
      assertThat(log.awaitDelivery(id, TimeUnit.MINUTES.toNanos(1))).isFalse();
      AcpReader reader = log.read(0);
      assertThat(log.hasReaders()).isTrue();
      Thread leaves = Thread.ofVirtual().start(() -> unchecked(reader::close));
      assertThat(log.awaitDelivery(id, TimeUnit.MINUTES.toNanos(1))).isFalse();
      leaves.join();
      assertThat(log.hasReaders()).isFalse();
    }
  }

  @Test
  void afterItsRemovalNothingIsWritten() throws IOException {
    AcpLog log = create(ROOMY);
    log.delete();
    assertThat(file).doesNotExist();
    assertThatThrownBy(() -> log.add(messages(1, 1))).isInstanceOf(IOException.class);
  }
}
