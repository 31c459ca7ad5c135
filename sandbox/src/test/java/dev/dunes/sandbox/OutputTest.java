package dev.dunes.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.spi.OutputCollector;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class OutputTest {
  private final List<String> consumed = new ArrayList<>();
  private final OutputQueue queue =
      new OutputQueue((channel, n) -> consumed.add(channel + " " + n));

  private void add(Channel channel, String text) {
    queue.add(channel, text.getBytes(StandardCharsets.UTF_8));
  }

  private static OutputChunk out(String text) {
    return RecordingProvider.chunk(Channel.STDOUT, text);
  }

  private static OutputChunk err(String text) {
    return RecordingProvider.chunk(Channel.STDERR, text);
  }

  @Test
  void chunksComeInTheirOrderAndAreReportedOnceTaken() {
    add(Channel.STDOUT, "a");
    add(Channel.STDERR, "bc");
    queue.end();
    assertThat(consumed).isEmpty();
    assertThat(queue.take().orElseThrow().text()).isEqualTo("a");
    assertThat(queue.take().orElseThrow().channel()).isEqualTo(Channel.STDERR);
    assertThat(queue.take()).isEmpty();
    assertThat(queue.take()).isEmpty();
    assertThat(consumed).containsExactly("STDOUT 1", "STDERR 2");
  }

  @Test
  void eachChannelIsAStream() throws IOException {
    add(Channel.STDOUT, "ab");
    add(Channel.STDERR, "x");
    add(Channel.STDOUT, "cd");
    queue.end();
    InputStream stdout = queue.stream(Channel.STDOUT);
    assertThat(stdout.read()).isEqualTo('a');
    assertThat(stdout.available()).isEqualTo(1);
    assertThat(stdout.read(new byte[8], 0, 0)).isZero();
    assertThat(stdout.readAllBytes()).containsExactly('b', 'c', 'd');
    assertThat(stdout.read()).isEqualTo(-1);
    assertThat(queue.take().orElseThrow().text()).isEqualTo("x");
    assertThat(consumed).containsExactly("STDOUT 1", "STDOUT 1", "STDOUT 2", "STDERR 1");
  }

  @Test
  void whatComesAfterTheEndOfAChannelIsIgnored() {
    queue.end(Channel.STDOUT);
    add(Channel.STDOUT, "late");
    add(Channel.STDERR, "x");
    queue.add(Channel.STDERR, new byte[0]);
    queue.end();
    assertThat(queue.take().orElseThrow().text()).isEqualTo("x");
    assertThat(queue.take()).isEmpty();
  }

  @Test
  void aBrokenTransportGivesWhatIsThereAndThenTheFailure() {
    ProviderException broken = new ProviderException("reset");
    add(Channel.STDOUT, "a");
    queue.fail(broken);
    queue.fail(new ProviderException("second"));
    assertThat(queue.take().orElseThrow().text()).isEqualTo("a");
    assertThatThrownBy(queue::take).isSameAs(broken);
    assertThatThrownBy(() -> queue.stream(Channel.STDERR).read())
        .isInstanceOf(IOException.class)
        .hasCause(broken);
    assertThat(queue.failure()).containsSame(broken);
  }

  @Test
  @DisplayName("L7 a reader gets each chunk as it comes, before the end")
  void readersWaitForChunks() throws Exception {
    CountDownLatch got = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> reader =
          threads.submit(() -> {
            String first = queue.take().orElseThrow().text();
            got.countDown();
            return first + queue.take().orElseThrow().text() + queue.take().isPresent();
          });
      add(Channel.STDOUT, "a");
      Await.latch(got);
      add(Channel.STDERR, "b");
      queue.end();
      assertThat(reader.get()).isEqualTo("abfalse");
    }
  }

  @Test
  void interruptionEndsTheWaiting() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(queue::take).isInstanceOf(SandboxInterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void theCollectorSeparatesChannels() {
    ExecResult result =
        OutputCollector.collect(new FakeCommand(3, out("a"), err("x"), out("b")), 100);
    assertThat(result.stdout()).isEqualTo("ab");
    assertThat(result.stderr()).isEqualTo("x");
    assertThat(result.exitCode()).isEqualTo(3);
    assertThat(result.truncated()).isFalse();
  }

  @Property
  void theCollectorKeepsAtMostItsLimitOfEachChannel(
      @ForAll List<@IntRange(min = 1, max = 9) Integer> sizes,
      @ForAll @IntRange(max = 40) int limit) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    OutputChunk[] chunks = new OutputChunk[sizes.size() + 1];
    for (int i = 0; i < sizes.size(); i++) {
      byte[] data = new byte[sizes.get(i)];
      java.util.Arrays.fill(data, (byte) i);
      all.writeBytes(data);
      chunks[i] = new OutputChunk(Channel.STDOUT, data);
    }
    chunks[sizes.size()] = err("e");
    ExecResult result = OutputCollector.collect(new FakeCommand(0, chunks), limit);
    int kept = Math.min(limit, all.size());
    assertThat(result.stdoutBytes()).isEqualTo(java.util.Arrays.copyOf(all.toByteArray(), kept));
    assertThat(result.truncated()).isEqualTo(all.size() > limit || limit == 0);
  }

  @Test
  void aStreamIsIteratedOnceAndGivesItsResult() {
    FakeCommand command = new FakeCommand(5, out("a"), err("b"));
    try (ExecStream stream = new ExecStream(command)) {
      Iterator<OutputChunk> chunks = stream.iterator();
      assertThat(chunks.hasNext()).isTrue();
      assertThat(chunks.next().text()).isEqualTo("a");
      assertThat(chunks.next().text()).isEqualTo("b");
      assertThat(chunks.hasNext()).isFalse();
      assertThatThrownBy(chunks::next).isInstanceOf(NoSuchElementException.class);
      assertThatThrownBy(stream::iterator).isInstanceOf(IllegalStateException.class);
      assertThat(stream.result().exitCode()).isEqualTo(5);
    }
    assertThat(command.closed).isTrue();
  }

  @Test
  @DisplayName("L7 text comes in the order of arrival without prefixes")
  void textInOrder() {
    ExecStream stream = new ExecStream(new FakeCommand(0, out("a"), err("b"), out("c")));
    assertThat(stream.text()).containsExactly("a", "b", "c");
  }

  @Test
  void charactersCutByChunksAreWhole() {
    byte[] euro = "€".getBytes(StandardCharsets.UTF_8);
    ExecStream stream =
        new ExecStream(
            new FakeCommand(
                0,
                new OutputChunk(Channel.STDOUT, new byte[] {'x', euro[0]}),
                err("e"),
                new OutputChunk(Channel.STDOUT, new byte[] {euro[1]}),
                new OutputChunk(Channel.STDOUT, new byte[] {euro[2], (byte) 0xC3})));
    assertThat(stream.text()).containsExactly("x", "e", "€", "\uFFFD");
  }

  @Property
  void textIsTheSameHoweverItIsCut(
      @ForAll String text, @ForAll @IntRange(min = 1, max = 5) int size) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    List<OutputChunk> chunks = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += size) {
      byte[] part = java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + size));
      chunks.add(new OutputChunk(Channel.STDOUT, part));
    }
    ExecStream stream = new ExecStream(new FakeCommand(0, chunks.toArray(OutputChunk[]::new)));
    assertThat(String.join("", stream.text())).isEqualTo(new String(bytes, StandardCharsets.UTF_8));
  }
}
