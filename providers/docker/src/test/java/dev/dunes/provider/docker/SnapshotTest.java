package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Snapshot;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Which images are taken for snapshots that nobody wants any more. */
@EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
class SnapshotTest {
  private final Engine engine = TestDaemon.engine();

  /** A daemon that saves a container makes the image first and names it then. */
  @Test
  void oneThatIsBeingTakenIsNotForgotten(@TempDir Path state) throws IOException {
    try (SandboxProvider provider =
            new DockerSandboxProviderFactory().open(TestDaemon.settings(state));
        Sandbox sandbox =
            provider.create(SandboxSpec.builder().lifetime(Duration.ofMinutes(10)).build())) {
      String unnamed = unnamed(sandbox, Files.readString(state.resolve("docker-instance")).strip());
      try {
        Snapshot unwanted = sandbox.snapshot();
        String files =
            engine
                .get("/images/" + Images.reference(unwanted.image()) + "/json")
                .json()
                .path("Id")
                .asString("");

        assertThat(provider.deleteSnapshot(unwanted.id())).isTrue();

        assertThat(has(files)).as("the files of the deleted one").isFalse();
        assertThat(has(unnamed)).as("the one that has no name yet").isTrue();
      } finally {
        engine.call("DELETE", "/images/" + unnamed, null, Engine.LONG);
      }
    }
  }

  private boolean has(String image) {
    return engine.get("/images/" + image + "/json").ok();
  }

  private String unnamed(Sandbox sandbox, String instance) {
    ObjectNode config = JsonMapper.shared().createObjectNode();
    config
        .putObject("Labels")
        .put(ContainerLabels.SNAPSHOT, "abcdefghijklmnop")
        .put(ContainerLabels.INSTANCE, instance);
    return engine
        .call("POST", "/commit?container=" + Containers.name(sandbox.id()), config, Engine.LONG)
        .json()
        .path("Id")
        .asString("");
  }
}
