package dev.dunes.provider.vercel;

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

/** Proves the fake: the npm package {@code @vercel/sandbox} as it is published works with it. */
@Timeout(120)
class VercelClientTest {
  @RegisterExtension static final Shared<FakeVercel> FAKE = FakeVercel.shared();

  @Test
  void theirOwnClientWorks() throws Exception {
    String modules = System.getenv("DUNES_TEST_NODE_MODULES");
    assumeTrue(modules != null, "DUNES_TEST_NODE_MODULES is not set: no published client");
    assumeTrue(
        Files.isDirectory(Path.of(modules, "@vercel/sandbox")),
        "@vercel/sandbox is not installed there");
    Path node = Path.of(modules, "node/bin/node");
    assumeTrue(Files.isExecutable(node), "the package 'node' is not installed there");
    Path script =
        Path.of(
            System.getProperty("dunes.root"),
            "providers/vercel/src/test/resources/clients/vercel.mjs");
    ProcessBuilder builder =
        new ProcessBuilder(
                node.toString(),
                script.toString(),
                modules,
                FAKE.get().uri().toString(),
                FakeVercel.TOKEN,
                FakeVercel.TEAM,
                FakeVercel.PROJECT)
            .redirectErrorStream(true);
    builder.environment().keySet().removeIf(name -> name.startsWith("VERCEL_"));
    Process process = builder.start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

    assertThat(process.exitValue()).as(output).isZero();
    assertThat(output.lines())
        .containsExactly(
            "made [\"client-one\",\"running\",false]",
            "again true",
            "listed [[\"client-one\"],{\"who\":\"me & you\",\"run\":\"é\"}]",
            "exec [3,\"a b more\\n\",\"err\\n\"]",
            "logs [[\"stdout\",\"out\\n\"],[\"stderr\",\"err\\n\"]]",
            "killed 137",
            "files [true,null]",
            "updated [{\"changed\":\"yes\"},true]",
            "extended true",
            "stopped \"stopped\"",
            "woken \"kept\"",
            "saved [\"created\",true,true]",
            "went on \"kept\"",
            "snapshots [2,true]",
            "forked [\"kepta b\\n\",{\"other\":\"tag\"}]",
            "from it \"kept\"",
            "deleted \"deleted\"",
            "no snapshot 410",
            "not found 404");
    assertThat(FAKE.get().boxes).isEmpty();
    assertThat(FAKE.get().snapshots.ids()).isEmpty();
  }
}
