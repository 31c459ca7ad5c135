package dev.dunes.server.acp;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a process has written. */
class ProcessLogTest {
  private final AtomicLong all = new AtomicLong();

  private static List<Long> sequences(List<ProcessLog.Entry> entries) {
    return entries.stream().map(ProcessLog.Entry::sequence).toList();
  }

  @Test
  void theOldestGoesFirst() {
    ProcessLog log = new ProcessLog(1_000, all);
    for (int i = 0; i < 10; i++) {
      log.add("stdout", new byte[300]);
    }
    assertThat(sequences(log.after(0, e -> true))).containsExactly(8L, 9L, 10L);
    assertThat(sequences(log.after(9, e -> true))).containsExactly(10L);
    assertThat(all).hasValue(900);
    log.clear();
    assertThat(all).hasValue(0);
  }

  @Test
  void allTogetherHaveALimitToo() {
    ProcessLog other = new ProcessLog(Long.MAX_VALUE, all);
    for (int i = 0; i < 128; i++) {
      other.add("stdout", new byte[1 << 20]);
    }
    ProcessLog log = new ProcessLog(Long.MAX_VALUE, all);
    for (int i = 0; i < 10; i++) {
      log.add("stdout", new byte[32 << 10]);
    }
    assertThat(log.after(0, e -> true)).hasSize(2);
  }

  @Test
  void theLastBytes() {
    ProcessLog log = new ProcessLog(1_000, all);
    assertThat(log.before(100)).isZero();
    for (int i = 0; i < 5; i++) {
      log.add("pty", new byte[60]);
    }
    assertThat(log.before(130)).isEqualTo(3);
    assertThat(log.before(1_000)).isZero();
  }

  @Test
  void whoWaitsGetsTheEnd() throws InterruptedException {
    ProcessLog log = new ProcessLog(1_000, all);
    log.add("stdout", new byte[1]);
    assertThat(sequences(log.await(0))).containsExactly(1L);
    Thread.ofVirtual().start(log::end);
    assertThat(log.await(1)).isEmpty();
  }
}
