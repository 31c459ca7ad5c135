package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

@Timeout(120)
class ModalProviderTest {
  @RegisterExtension static final FakeModal.Shared FAKE = new FakeModal.Shared();

  @Test
  void first() {
    try (SandboxProvider provider = new ModalSandboxProviderFactory().open(FAKE.get().settings());
        Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      assertThat(sandbox.exec("echo hi; exit 3").stdout()).isEqualTo("hi\n");
    }
  }
}
