package dev.dunes.provider.docker;

import java.nio.file.Path;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/** On a daemon of this machine, whose containers share sockets and files with it. */
@EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
class DockerConformanceTest extends DockerConformance {
  @TempDir static Path state;

  @Override
  Path state() {
    return state;
  }

  @Override
  String[] more() {
    return new String[] {};
  }
}
