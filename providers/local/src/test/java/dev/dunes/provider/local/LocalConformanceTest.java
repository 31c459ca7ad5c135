package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** The suite every provider passes, in sandboxes built by bubblewrap. */
class LocalConformanceTest extends LocalConformance {
  @TempDir static Path state;

  LocalConformanceTest() {
    super(SandboxRuntime.BWRAP);
  }

  @BeforeAll
  static void usable() throws IOException {
    prepare(SandboxRuntime.BWRAP, state);
  }

  @Override
  Path state() {
    return state;
  }
}
