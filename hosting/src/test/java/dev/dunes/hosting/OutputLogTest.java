package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Channel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is kept of a process's output, and for whom it waits. */
class OutputLogTest {
  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void withoutReadersTheOldestBytesGo() throws Exception {
    OutputLog log = new OutputLog(1000);
    for (int i = 0; i < 100; i++) {
      log.add(Channel.STDOUT, bytes("%03d".formatted(i)));
    }
    log.add(Channel.STDERR, bytes("e"));
    String kept = new String(log.bytes(Channel.STDOUT), StandardCharsets.US_ASCII);
    assertThat(kept).endsWith("098099").hasSizeLessThan(100);
    assertThat(log.start(Channel.STDOUT)).isEqualTo(300 - kept.length());
    assertThat(log.dropped(Channel.STDOUT)).isTrue();
    assertThat(log.dropped(Channel.STDERR)).isFalse();
    assertThat(new String(log.bytes(Channel.STDOUT, 298), StandardCharsets.US_ASCII))
        .isEqualTo("99");
    assertThat(log.bytes(Channel.STDOUT, 5000)).isEmpty();
  }

  @Test
  void aReaderThatIsBehindGetsEverything() throws Exception {
    OutputLog log = new OutputLog(4000);
    OutputLog.Reader reader = log.follow(0, 0);
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              Random random = new Random(1);
              try {
                for (int i = 0; i < 5000; i++) {
                  Channel channel = random.nextBoolean() ? Channel.STDOUT : Channel.STDERR;
                  log.add(channel, new byte[1 + random.nextInt(900)]);
                }
                log.end();
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    long[] next = new long[2];
    while (!reader.atEnd()) {
      Optional<ProcessOutput> output = reader.next(10_000);
      if (output.isPresent()) {
        int channel = output.get().channel().ordinal();
        assertThat(output.get().offset()).isEqualTo(next[channel]);
        next[channel] += output.get().data().length;
      }
    }
    writer.join();
    assertThat(next[0]).isEqualTo(log.start(Channel.STDOUT) + log.bytes(Channel.STDOUT).length);
  }

  @Test
  void aReaderThatLeavesIsNotWaitedFor() throws Exception {
    OutputLog log = new OutputLog(100);
    OutputLog.Reader reader = log.follow(0, 0);
    log.add(Channel.STDOUT, new byte[50]);
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try {
                log.add(Channel.STDOUT, new byte[50]);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
            });
    Ground.await("it waits", () -> writer.getState() == Thread.State.WAITING);
    reader.close();
    writer.join();
    assertThat(log.start(Channel.STDOUT)).isEqualTo(50);
  }

  @Test
  void whatIsWrittenTogetherIsReadInOrder() throws Exception {
    OutputLog log = new OutputLog(1000);
    log.add(Channel.STDERR, bytes("1"));
    log.add(Channel.STDOUT, bytes("2"));
    log.add(Channel.STDERR, bytes("3"));
    log.end();
    try (OutputLog.Reader reader = log.follow(0, 0)) {
      StringBuilder text = new StringBuilder();
      while (!reader.atEnd()) {
        text.append(new String(reader.next(1000).orElseThrow().data(), StandardCharsets.US_ASCII));
      }
      assertThat(text.toString()).isEqualTo("123");
    }
    try (OutputLog.Reader reader = log.follow(5, 1)) {
      assertThat(reader.next(1000).orElseThrow().data()).isEqualTo(bytes("3"));
    }
  }

  @Test
  void aReaderOfWhatComesGetsNothingElse() throws Exception {
    OutputLog log = new OutputLog(1000);
    log.add(Channel.STDOUT, bytes("before"));
    try (OutputLog.Reader reader = log.followLive()) {
      log.add(Channel.STDERR, bytes("e"));
      log.add(Channel.STDOUT, bytes("after"));
      log.end();
      assertThat(reader.next(0).orElseThrow().data()).isEqualTo(bytes("e"));
      ProcessOutput second = reader.next(0).orElseThrow();
      assertThat(second.offset()).isEqualTo(6);
      assertThat(second.data()).isEqualTo(bytes("after"));
      assertThat(reader.atEnd()).isTrue();
    }
  }

  @Test
  void outputIsForgottenUnlessItIsRead() throws Exception {
    OutputLog log = new OutputLog(1000);
    log.add(Channel.STDOUT, bytes("kept"));
    try (OutputLog.Reader reader = log.follow(0, 0)) {
      log.forget();
      assertThat(reader.next(0).orElseThrow().data()).isEqualTo(bytes("kept"));
    }
    log.forget();
    assertThat(log.bytes(Channel.STDOUT)).isEmpty();
    assertThat(log.start(Channel.STDOUT)).isEqualTo(4);
    assertThat(log.dropped(Channel.STDOUT)).isTrue();
    assertThat(log.dropped(Channel.STDERR)).isFalse();
  }
}
