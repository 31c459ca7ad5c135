package dev.dunes.provider.daytona;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.sandbox.conformance.Shared;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Proves the fake: the npm package {@code @daytona/sdk} as it is published works with it. */
@Timeout(120)
class DaytonaClientTest {
  @RegisterExtension static final Shared<FakeDaytona> FAKE = FakeDaytona.shared();

  @Test
  void theirOwnClientWorks() throws Exception {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    assumeTrue(
        Files.isDirectory(Path.of(modules, "@daytona/sdk")), "@daytona/sdk is not installed there");
    Path script =
        Path.of(
            System.getProperty("dunes.root"),
            "providers/daytona/src/test/resources/clients/daytona.mjs");
    ProcessBuilder builder =
        new ProcessBuilder("node", script.toString(), modules).redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("DAYTONA_"));
    builder.environment().put("DAYTONA_API_URL", FAKE.get().uri().toString());
    builder.environment().put("DAYTONA_API_KEY", FakeDaytona.KEY);
    builder.environment().put("DAYTONA_USE_DEPRECATED_POLLING", "true");
    builder.environment().put("NODE_NO_WARNINGS", "1");
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .containsExactly(
            "state \"started\"",
            "again true",
            "listed [1,true]",
            "labels \"yes\"",
            "execute [3,[\"a b\",\"err\"]]",
            "session [0,\"out\\n\",\"err\\n\"]",
            "logs [\"kept\\n\",\"late\\n\"]",
            "command 0",
            "terminal [5,true]",
            "files [true,[\"all\",\"two\"]]",
            "stopped \"stopped\"",
            "not found true");
    assertThat(FAKE.get().boxes).isEmpty();
  }
}
