package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The suite every provider passes, in sandboxes built by crun. */
class CrunConformanceTest extends LocalConformance {
  @TempDir static Path state;

  CrunConformanceTest() {
    super(SandboxRuntime.CRUN);
  }

  @BeforeAll
  static void usable() throws IOException {
    prepare(SandboxRuntime.CRUN, state);
  }

  @Override
  Path state() {
    return state;
  }
}
