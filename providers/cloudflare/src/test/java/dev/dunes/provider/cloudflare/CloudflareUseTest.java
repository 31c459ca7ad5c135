package dev.dunes.provider.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.conformance.FaultyProxy;
import dev.dunes.sandbox.conformance.FaultyProxy.Fault;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs and what is kept in a sandbox while the bridge or the network have a bad day. */
@Timeout(120)
class CloudflareUseTest {
  @RegisterExtension static final Shared<Bridge> BRIDGE = Bridge.shared();

  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", "use").lifetime(Duration.ofMinutes(5)).build();

  private static final String EXEC = "/v1/sandbox/[^/]+/exec";

  private FaultyProxy proxy;
  private SandboxProvider provider;

  @BeforeEach
  void open() throws IOException {
    proxy = new FaultyProxy(BRIDGE.get().uri());
    provider = another();
  }

  private SandboxProvider another() {
    return new CloudflareSandboxProviderFactory()
        .open(BRIDGE.get().settings(proxy.uri(), Bridge.KEY));
  }

  @AfterEach
  void nothingIsLeft() {
    assertThat(provider.list(Map.of())).isEmpty();
    provider.close();
    assertThat(containers()).isEmpty();
    assertThat(proxy.left()).as("faults nobody met").isEmpty();
    proxy.close();
  }

  private SandboxProvider provider() {
    return provider;
  }

  private static List<String> containers() {
    return List.copyOf(BRIDGE.get().containers().running.keySet());
  }

  private static Fault answer(int status) {
    return new Fault.Answer(
        status, "{\"error\":\"no, says the vendor\",\"code\":\"none\"}", Map.of());
  }

  // ---- variables ----

  @Test
  void variablesAreInTheSandboxAndNotOnThisMachine() throws IOException {
    SandboxSpec spec =
        SPEC.toBuilder()
            .env("QUOTED", "it's \"$HOME\"\nand `more`")
            .env("UID", "a name shells keep for themselves")
            .env("LONG", "ü".repeat(40_000))
            .env("BOTH", "sandbox")
            .build();
    try (Sandbox made = provider().create(spec)) {
      Sandbox found = provider().get(made.id()).orElseThrow();
      for (Sandbox handle : List.of(made, found)) {
        Command command =
            Command.builder("printenv", "QUOTED", "UID", "BOTH").env("BOTH", "call").build();
        assertThat(handle.exec(command).stdout())
            .isEqualTo("it's \"$HOME\"\nand `more`\na name shells keep for themselves\ncall\n");
        assertThat(handle.exec("printf %s \"$LONG\" | wc -c").stdout().strip()).isEqualTo("80000");
      }
      found.close();
      try (Stream<Path> walk = Files.walk(BRIDGE.get().state())) {
        for (Path file : walk.filter(Files::isRegularFile).toList()) {
          assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
              .doesNotContain("QUOTED", "it's", "UID");
        }
      }
    }
  }

  // ---- while a command runs ----

  @Test
  void everyByteArrivesAlthoughTheWireIsText() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      ExecResult result = sandbox.exec("printf '\\000\\377\\376\\303no end'; printf '\\200' >&2");

      assertThat(result.stdoutBytes())
          .containsExactly(0, 0xFF, 0xFE, 0xC3, 'n', 'o', ' ', 'e', 'n', 'd');
      assertThat(result.stderrBytes()).containsExactly(0x80);
    }
  }

  @Test
  void aStreamThatIsCutIsAFailureAndNothingRunsOn() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy.next("POST", EXEC, new Fault.CutAfter(400));
      assertThatThrownBy(() ->
              sandbox.exec("echo $$ > pid; while :; do echo 0123456789012345678901234567890; done"))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("broke off");

      assertThat(sandbox.exec("kill -0 $(cat pid) 2>/dev/null || echo ended").stdout())
          .isEqualTo("ended\n");
    }
  }

  @Test
  void aDetachedCommandGoesOnWhenItsStreamIsCut() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy.next("POST", EXEC, new Fault.CutAfter(400));
      RunningCommand running =
          sandbox.start(
              Command.shellBuilder(
                      "echo $$ > pid; while [ ! -e go ]; do echo 0123456789; sleep 0.02; done; touch ran")
                  .detached()
                  .build());
      assertThatThrownBy(running::waitFor).isInstanceOf(ProviderException.class);

      assertThat(
              sandbox
                  .exec("touch go; while [ ! -e ran ]; do sleep 0.02; done; echo it went on")
                  .stdout())
          .isEqualTo("it went on\n");
    }
  }

  @Test
  void aSandboxThatIsDestroyedElsewhereIsNotFoundAndStartsNoContainer() {
    Sandbox sandbox = provider().create(SPEC);
    try (RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"));
        SandboxProvider other = another()) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      assertThat(other.destroy(sandbox.id())).isTrue();

      assertThatThrownBy(running::waitFor).isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> sandbox.files().write("x", new byte[1 << 20]))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.destroy()).isFalse();
      assertThat(containers()).isEmpty();
    }
  }

  @Test
  void aContainerThatCloudflareHasStartedAnewIsNotTakenForTheSandbox() {
    Sandbox sandbox = provider().create(SPEC);
    sandbox.files().write("file", "lost");
    BRIDGE.get().containers().forget(sandbox.id());

    assertThatThrownBy(() -> sandbox.exec("touch here"))
        .isInstanceOf(SandboxNotFoundException.class)
        .hasMessageContaining("lost its files")
        .satisfies(thrown ->
            assertThat(((SandboxException) thrown).remedy().orElseThrow()).contains("sleepAfter"));
    assertThat(containers()).as("the fresh one is ended").isEmpty();
    assertThat(provider().get(sandbox.id())).isEmpty();
    assertThatThrownBy(() -> sandbox.files().readText("file"))
        .isInstanceOf(SandboxNotFoundException.class);
    assertThat(sandbox.destroy()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"start", "write", "read", "small"})
  void norIsItByAnyOtherWayIn(String way) {
    Sandbox sandbox = provider().create(SPEC);
    sandbox.files().write("file", "lost");
    BRIDGE.get().containers().forget(sandbox.id());

    assertThatThrownBy(
            () -> {
              switch (way) {
                case "start" -> sandbox.start(Command.of("true")).close();
                case "write" -> sandbox.files().write("file", new byte[1 << 20]);
                case "read" -> sandbox.files().read("file").close();
                default -> sandbox.files().write("file", "small");
              }
            })
        .isInstanceOf(SandboxNotFoundException.class);
    assertThat(containers()).isEmpty();
  }

  @Test
  void aTimeLimitEndsACommandAndIsToldTheBridgeToo() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      Command command =
          Command.shellBuilder("echo $$ > pid; echo begun; sleep 1000")
              .timeout(Duration.ofSeconds(1))
              .build();
      try (RunningCommand running = sandbox.start(command)) {
        CommandExit exit = running.waitFor();
        assertThat(exit.timedOut()).isTrue();
        assertThat(exit.exitCode()).isEqualTo(-1);
      }
      assertThat(sandbox.exec("kill -0 $(cat pid) 2>/dev/null || echo ended").stdout())
          .isEqualTo("ended\n");
    }
  }

  // ---- files ----

  @ParameterizedTest
  @ValueSource(strings = {"a#b?c%d.txt", "ü \"'$x`", "/tmp/outside of the workspace", "%2e%2e"})
  void anyNameAndPlaceAndManyPartsAreExact(String name, @TempDir Path temp) throws IOException {
    byte[] contents = new byte[(17 << 20) + 17]; // two whole parts and a bit
    new java.util.Random(7).nextBytes(contents);
    try (Sandbox sandbox = provider().create(SPEC)) {
      try (OutputStream out = sandbox.files().write(name, dev.dunes.sandbox.WriteOptions.DEFAULT)) {
        out.write(contents);
      }
      sandbox.download(name, temp.resolve("back"));

      assertThat(Files.mismatch(temp.resolve("back"), Files.write(temp.resolve("sent"), contents)))
          .isEqualTo(-1);
      assertThat(sandbox.exec("ls -A /workspace | grep -c dunes").stdout()).isEqualTo("0\n");
    }
  }

  @Test
  void anUploadIsSentAgainWhenItBreaksAndLeavesWhatWasThereWhenItFails() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy.next("PUT", ".*", answer(502));
      sandbox.files().write("file", new byte[1 << 20]);
      assertThat(sandbox.files().stat("file").size()).isEqualTo(1 << 20);

      proxy.next("PUT", ".*", answer(400));
      assertThatThrownBy(() -> sandbox.files().write("file", new byte[2 << 20]))
          .isInstanceOf(ProviderException.class);
      assertThat(sandbox.files().stat("file").size()).isEqualTo(1 << 20);
      assertThat(sandbox.files().list(".")).hasSize(1);
    }
  }

  @Test
  void aDownloadThatBreaksIsAFailure(@TempDir Path temp) {
    try (Sandbox sandbox = provider().create(SPEC)) {
      sandbox.files().write("file", new byte[3 << 20]);
      CountDownLatch located = new CountDownLatch(1);
      CountDownLatch go = new CountDownLatch(0);
      proxy.next("POST", EXEC, new Fault.Hold(located, go)); // its mode
      proxy.next("POST", EXEC, new Fault.Hold(located, go)); // where it is
      proxy.next("POST", EXEC, new Fault.CutAfter(100_000));

      assertThatThrownBy(() -> sandbox.download("file", temp.resolve("file")))
          .isInstanceOf(SandboxException.class);
      assertThat(temp).isEmptyDirectory();
    }
  }
}
