package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What the server cannot write down has not happened, and leaves nothing that runs. */
class UnwrittenTest extends HostingCase {
  private static final Duration LEAST = Duration.ofSeconds(60);

  /** Does something while the record of a sandbox cannot be replaced. */
  private void unwritable(String id, Runnable work) throws IOException {
    Path record = directory.resolve("hosting/sandboxes").resolve(id + ".json");
    Path aside = record.resolveSibling(id + ".aside");
    Files.move(record, aside);
    Files.createDirectories(record.resolve("in the way"));
    try {
      LifeTest.assertRefused(Reason.UNAVAILABLE, "could not write down", work::run);
    } finally {
      Files.delete(record.resolve("in the way"));
      Files.delete(record);
      Files.move(aside, record);
    }
  }

  @Test
  void aSandboxThatCouldNotBeResumedIsFrozenAsBefore() throws Exception {
    String id = hosting.create(main, SandboxRequest.of("base")).id();
    hosting.pause(main, id, Optional.of(true));
    unwritable(id, () -> hosting.resume(main, id, LEAST));

    assertThat(hosting.get(main, id).paused()).isTrue();
    assertThat(Ground.sandboxes().list(Map.of(Ledger.LABEL_SANDBOX, id)))
        .singleElement()
        .satisfies(info -> assertThat(info.state()).isEqualTo(SandboxState.STOPPED));
    hosting.resume(main, id, LEAST);
    assertThat(Ground.sh(hosting, main, id, "echo here")).isEqualTo("here\n");
  }

  @Test
  void oneThatWasPausedToDiskLeavesNothingThatRuns() throws Exception {
    String id = hosting.create(main, SandboxRequest.of("base")).id();
    assertThat(Ground.sh(hosting, main, id, "echo kept > /home/user/f; cat /home/user/f"))
        .isEqualTo("kept\n");
    hosting.pause(main, id, Optional.of(false));
    unwritable(id, () -> hosting.resume(main, id, LEAST));

    assertThat(hosting.get(main, id).paused()).isTrue();
    assertThat(Ground.atProvider(id)).isEmpty();
    hosting.resume(main, id, LEAST);
    assertThat(Ground.atProvider(id)).hasSize(1);
    assertThat(Ground.sh(hosting, main, id, "cat /home/user/f")).isEqualTo("kept\n");
  }
}
