package dev.dunes.provider.sprites;

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

/**
 * Proves the fake: the npm package {@code @fly/sprites} as it is published works with it. It needs
 * a newer Node than most systems have, so it brings one: the npm package {@code node}.
 */
@Timeout(120)
class SpritesClientTest {
  @RegisterExtension static final Shared<FakeSprites> FAKE = FakeSprites.shared();

  @Test
  void theirOwnClientWorks() throws Exception {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    assumeTrue(
        Files.isDirectory(Path.of(modules, "@fly/sprites")), "@fly/sprites is not installed there");
    Path node = Path.of(modules, "node/bin/node");
    assumeTrue(Files.isExecutable(node), "the package 'node' is not installed there");
    Path script =
        Path.of(
            System.getProperty("dunes.root"),
            "providers/sprites/src/test/resources/clients/sprites.mjs");
    Process process =
        new ProcessBuilder(
                node.toString(),
                script.toString(),
                modules,
                FAKE.get().uri().toString(),
                FakeSprites.TOKEN)
            .redirectErrorStream(true)
            .start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .containsExactly(
            "again [true,[\"who=me & you\",\"run=é\"],{\"ramMB\":512,\"cpus\":2}]",
            "listed true",
            "all [\"client-one\",\"client-two\"]",
            "labels [\"changed=yes\"]",
            "exec [0,\"a b\\n\",\"err\\n\"]",
            "exit [true,3,\"this \\n\"]",
            "input [0,true]",
            "killed 137",
            "terminal [0,\"31 90\"]",
            "files [true,[\"all\"],\"600\"]",
            "no file \"ENOENT\"",
            "policy [{\"domain\":\"*\",\"action\":\"deny\"}]",
            "not found 404");
    assertThat(FAKE.get().boxes).isEmpty();
  }
}
