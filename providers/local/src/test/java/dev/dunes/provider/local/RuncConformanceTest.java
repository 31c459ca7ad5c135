package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The suite every provider passes, in sandboxes built by runc. */
class RuncConformanceTest extends LocalConformance {
  @TempDir static Path state;

  RuncConformanceTest() {
    super(SandboxRuntime.RUNC);
  }

  @BeforeAll
  static void usable() throws IOException {
    prepare(SandboxRuntime.RUNC, state);
  }

  @Override
  Path state() {
    return state;
  }
}
