package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxMetrics;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** Numbers that make sense. */
abstract class MetricsTopic extends Topic {
  private static final int WRITTEN = 5_000_000;

  MetricsTopic(Supplier<Suite> suite) {
    super(suite);
  }

  @Test
  void useIsSeen() {
    SandboxMetrics before = sandbox().metrics();
    files().write(directory() + "/file", Hashes.bytes(WRITTEN, 1));
    Command busy =
        Command.shell(
            "sleep 1000 & i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo up; wait");
    try (RunningCommand running = sandbox().start(busy)) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      SandboxMetrics during = sandbox().metrics();

      assertThat(during.processes()).isGreaterThanOrEqualTo(before.processes() + 2);
      assertThat(during.memoryBytes()).isPositive();
      assertThat(during.uptime()).isGreaterThan(before.uptime());
      assertThat(during.cpuTime()).isGreaterThan(before.cpuTime());
      assertThat(during.diskUsedBytes()).isGreaterThanOrEqualTo(before.diskUsedBytes() + WRITTEN);
      during.memoryLimitBytes().ifPresent(limit -> assertThat(limit).isGreaterThan(0));
      during.diskLimitBytes().ifPresent(limit -> assertThat(limit).isGreaterThan(0));
    }
    Suite.eventually(
        "the processes have ended", () -> sandbox().metrics().processes() <= before.processes());
  }
}
