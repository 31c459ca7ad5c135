package dev.dunes.provider.local;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Each start of a sandbox has an identity of its own, which is not the machine's. */
class BootIdTest {
  private static final String FILE = "/proc/sys/kernel/random/boot_id";

  @Test
  void isAnotherOneAtEachStart() throws Exception {
    try (Local local = Local.open();
        Sandbox first = local.create(SandboxSpec.builder());
        Sandbox second = local.create(SandboxSpec.builder())) {
      String id = Local.sh(first, "cat " + FILE);
      assertThat(UUID.fromString(id)).hasToString(id);
      assertThat(id)
          .isNotEqualTo(Files.readString(Path.of(FILE)).strip())
          .isNotEqualTo(Local.sh(second, "cat " + FILE))
          .isEqualTo(Local.sh(first, "cat " + FILE));
      assertThat(Local.sh(first, "echo x 2>/dev/null > " + FILE + " || echo refused"))
          .isEqualTo("refused");
    }
  }
}
