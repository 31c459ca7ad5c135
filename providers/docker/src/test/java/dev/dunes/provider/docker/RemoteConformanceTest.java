package dev.dunes.provider.docker;

import dev.dunes.sandbox.conformance.Feature;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/**
 * As if the daemon were another machine's: the guest is copied into the container, and everything
 * goes through the daemon.
 */
@EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
class RemoteConformanceTest extends DockerConformance {
  @TempDir static Path state;

  @Override
  Path state() {
    return state;
  }

  @Override
  String[] more() {
    return new String[] {"docker_shared_files", "no"};
  }

  @Override
  protected Set<Feature> features() {
    return EnumSet.complementOf(EnumSet.of(Feature.ASSIGN, Feature.RELAYS));
  }
}
