package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Whoever uses the daemon may have labelled a container as he likes. */
class ContainerLabelsTest {
  private static SandboxSpec spec(String lifetime) {
    ObjectNode labels = JsonMapper.shared().createObjectNode();
    labels.put("dunes.sandbox", "one").put("dunes.lifetime", lifetime);
    labels.put("dunes.image", " ").put("dunes.label.of", "somebody");
    return ContainerLabels.read(labels).orElseThrow().spec();
  }

  @Test
  void whatWasWrittenIsRead() {
    assertThat(spec("PT2H").lifetime()).isEqualTo(Duration.ofHours(2));
    assertThat(spec("PT2H").labels()).containsEntry("of", "somebody");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "soon", "PT-5S", "PT0S", "P4000D", "PT0.001S"})
  void aLifetimeThatIsNoneHidesNothingElse(String lifetime) {
    assertThat(spec(lifetime).lifetime()).isEqualTo(SandboxSpec.DEFAULT_LIFETIME);
    assertThat(spec(lifetime).labels()).containsEntry("of", "somebody");
  }
}
