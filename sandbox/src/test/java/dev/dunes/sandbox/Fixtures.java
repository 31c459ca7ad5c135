package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** What several tests begin with. */
final class Fixtures {
  static final ProviderSettings NOTHING_SET = new ProviderSettings(Map.of(), Map.of());

  private Fixtures() {}

  static Sandboxes only(String name, RecordingProvider provider) {
    return only(name, provider, ManagerOptions.DEFAULT);
  }

  static Sandboxes only(String name, RecordingProvider provider, ManagerOptions options) {
    return Sandboxes.builder()
        .factories(List.of())
        .settings(NOTHING_SET)
        .options(options)
        .register(name, provider)
        .build();
  }

  static SandboxSpec labelled(String name, String value) {
    return SandboxSpec.builder().label(name, value).build();
  }

  static Consumer<SandboxSpec> failing(String message) {
    return spec -> {
      throw new ProviderException(message);
    };
  }
}
