package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.conformance.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Proves the fake: the npm package {@code modal} as it is published works with it. */
@Timeout(120)
class ModalClientTest {
  @RegisterExtension static final Shared<FakeModal> FAKE = FakeModal.shared();

  @ParameterizedTest
  @ValueSource(ints = {2, 1})
  void theirOwnClientWorks(int dialect) throws Exception {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    assumeTrue(Files.isDirectory(Path.of(modules, "modal")), "modal is not installed there");
    Path script =
        Path.of(
            System.getProperty("dunes.root"),
            "providers/modal/src/test/resources/clients/modal.mjs");
    ProcessBuilder builder =
        new ProcessBuilder("node", script.toString(), modules).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("MODAL_"));
    builder.environment().put("MODAL_SERVER_URL", FAKE.get().url());
    builder.environment().put("MODAL_TOKEN_ID", FakeModal.TOKEN_ID);
    builder.environment().put("MODAL_TOKEN_SECRET", FakeModal.TOKEN_SECRET);
    builder.environment().put("MODAL_CONFIG_PATH", "/no/such/file");
    builder.environment().put("MODAL_SANDBOX_V2", dialect == 2 ? "1" : "0");
    builder.environment().put("MODAL_LOGLEVEL", "error");
    builder.environment().put("NODE_NO_WARNINGS", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .containsExactly(
            "app \"ap-proof\"",
            "image true",
            "dialect " + dialect,
            "running null",
            "exec [\"a b!\\n/tmp\\n\",\"err\\n\",3]",
            "killed 137",
            "bytes [true,0]",
            "terminal [\"24 80\\r\\n\",0]",
            "slow true",
            "tags {\"changed\":\"yes\"}",
            "listed true",
            "again \"again\\n\"",
            "snapshot \"saved\\n\"",
            "ended 137",
            "not found true");
    assertThat(FAKE.get().running()).isEmpty();
    assertThat(FAKE.get().images.snapshots()).isEmpty();
  }
}
