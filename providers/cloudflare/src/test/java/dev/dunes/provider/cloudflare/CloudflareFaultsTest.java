package dev.dunes.provider.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.FaultyProxy;
import dev.dunes.sandbox.conformance.FaultyProxy.Fault;
import dev.dunes.sandbox.conformance.VendorFaultsConformance;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Cloudflare and of the network: typed errors, and no container left. */
@Timeout(120)
class CloudflareFaultsTest extends VendorFaultsConformance {
  @RegisterExtension static final Bridge.Shared BRIDGE = new Bridge.Shared();

  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", "faults").lifetime(Duration.ofMinutes(5)).build();

  private static final String EXEC = "/v1/sandbox/[^/]+/exec";

  private FaultyProxy proxy;
  private CountDownLatch served = new CountDownLatch(0);

  /** Through a proxy of this test alone. */
  @Override
  protected SandboxProvider open(Optional<String> key) {
    try {
      proxy = proxy == null ? new FaultyProxy(BRIDGE.get().uri()) : proxy;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return open(proxy.uri(), key.orElse(Bridge.KEY));
  }

  private static SandboxProvider open(URI uri, String key) {
    ProviderSettings settings = BRIDGE.get().settings(uri, key);
    return new CloudflareSandboxProviderFactory().open(settings);
  }

  @AfterEach
  void noRecordIsLeft() {
    assertThat(provider().list(Map.of())).isEmpty();
    assertThat(BRIDGE.get().containers().refusals).isEmpty();
  }

  @Override
  protected void clearAway() {
    proxy.close();
  }

  @Override
  protected String credentials() {
    return "CLOUDFLARE_API_TOKEN";
  }

  @Override
  protected List<String> left() {
    return containers();
  }

  /** Cloudflare forgets one by starting another in its place. */
  @Override
  protected boolean saves() {
    return false;
  }

  @Override
  protected void forget(String id) {
    BRIDGE.get().containers().forget(id);
  }

  private static String method(Call call) {
    return switch (call) {
      case CREATE -> "POST";
      case DESTROY -> "DELETE";
      case SNAPSHOT, DELETE_SNAPSHOT -> throw new AssertionError("it saves none");
      case UPLOAD -> "PUT";
    };
  }

  /** A container is made by the first command for it. */
  private static String path(Call call) {
    return switch (call) {
      case CREATE -> EXEC;
      case DESTROY -> "/v1/sandbox/[^/]+";
      case SNAPSHOT, DELETE_SNAPSHOT -> throw new AssertionError("it saves none");
      case UPLOAD -> "/v1/sandbox/[^/]+/file.*";
    };
  }

  @Override
  protected void fail(Call call, int status, Optional<Duration> wait, boolean after) {
    proxy.next(
        method(call),
        path(call),
        after
            ? new Fault.AnswerAfter(status, "upstream broke")
            : wait.map(time -> answer(status, "no", "Retry-After", "" + time.toSeconds()))
                .orElse(answer(status, "no")));
  }

  /** The first command and a whole file may be sent again: they make the same once more. */
  @Override
  protected int tries(Call call, int status) {
    return call != Call.DESTROY && status != 500 ? 4 : 1;
  }

  /** Whatever is asked of the same id is asked of the same sandbox. */
  @Override
  protected long made() {
    return proxy.seen().stream().filter(each -> each.matches("POST " + EXEC)).distinct().count();
  }

  @Override
  protected void hold(Call call, CountDownLatch arrived, CountDownLatch release) {
    served = new CountDownLatch(1);
    proxy.next(method(call), path(call), new Fault.Late(arrived, release, served));
  }

  @Override
  protected void awaitHeld() throws InterruptedException {
    assertThat(served.await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  protected void cutNextOutput() {
    proxy.next("POST", EXEC, new Fault.CutAfter(3000));
  }

  @Override
  protected boolean goesOn() {
    return false;
  }

  @Override
  protected long asked(Call call) {
    return seen(method(call), path(call));
  }

  @Override
  protected List<?> notMet() {
    return proxy.left();
  }

  private static List<String> containers() {
    return List.copyOf(BRIDGE.get().containers().running.keySet());
  }

  private static Fault answer(int status, String code, String... headers) {
    return new Fault.Answer(
        status,
        "{\"error\":\"no, says the vendor\",\"code\":\"%s\"}".formatted(code),
        headers.length == 0 ? Map.of() : Map.of(headers[0], headers[1]));
  }

  private long seen(String method, String path) {
    return proxy.seen().stream().filter(each -> each.matches(method + " " + path)).count();
  }

  // ---- who we are ----

  @Test
  void aTokenThatTheVendorRepeatsIsNotShown() {
    proxy.next(
        "POST",
        EXEC,
        new Fault.Answer(400, "{\"error\":\"who is %s?\"}".formatted(Bridge.KEY), Map.of()));

    assertThatThrownBy(() -> provider().create(SPEC))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("who is ***?")
        .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(Bridge.KEY));
  }

  @Test
  void aHealthCheckStartsNothing() {
    provider().healthCheck();

    assertThat(containers()).isEmpty();
    assertThat(proxy.seen()).containsExactly("GET /health", "GET /v1/pool/stats");
  }

  // ---- making ----

  @Test
  void noRoomIsQuotaOnceItWasTriedAgain() {
    for (int i = 0; i < 4; i++) {
      BRIDGE.get().containers().refusals.add("instance limit reached");
    }
    assertThatThrownBy(() -> provider().create(SPEC))
        .isInstanceOfSatisfying(
            SandboxQuotaException.class,
            thrown -> {
              assertThat(thrown.statusCode()).hasValue(503);
              assertThat(thrown).hasMessageContaining("capacity_exceeded");
            });

    BRIDGE.get().containers().refusals.add("instance limit reached");
    provider().create(SPEC).close();
  }

  @Test
  void anAnswerThatIsCutOffLeavesNothing() {
    proxy.next("POST", EXEC, new Fault.CutAfter(10));

    assertThatThrownBy(() -> provider().create(SPEC)).isInstanceOf(ProviderException.class);
    assertThat(containers()).isEmpty();
  }

  @Test
  void oneThatCannotBeEndedIsEndedLater() {
    proxy.next("POST", EXEC, new Fault.CutAfter(10));
    for (int i = 0; i < 20; i++) {
      proxy.next("DELETE", ".*", answer(500, "oops"));
    }
    assertThatThrownBy(() -> provider().create(SPEC))
        .isInstanceOf(ProviderException.class)
        .satisfies(thrown -> assertThat(thrown.getSuppressed()).isNotEmpty());
    assertThat(containers()).hasSize(1);
    proxy.heal();

    try (SandboxProvider next = open(proxy.uri(), Bridge.KEY)) {
      assertThat(next.list(Map.of())).isEmpty();
      assertThat(containers()).isEmpty();
    }
  }

  /** The bridge says that it has ended it, and has not. */
  @Test
  void anEndThatIsOnlySaidIsAskedForAgain() {
    Sandbox sandbox = provider().create(SPEC);
    BRIDGE.get().containers().hiccups.set(1);

    assertThat(sandbox.destroy()).isTrue();

    assertThat(BRIDGE.get().containers().hiccups).hasValue(0);
    assertThat(containers()).isEmpty();
  }

  @Test
  void whoeverInterruptsTheMakingFindsNothingLeft() throws Exception {
    CountDownLatch served = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    proxy.next("POST", EXEC, new Fault.Hold(served, release));
    FutureTask<Sandbox> making = new FutureTask<>(() -> provider().create(SPEC));
    Thread thread = Thread.ofPlatform().start(making);
    assertThat(served.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(containers()).hasSize(1);

    thread.interrupt();
    assertThatThrownBy(() -> making.get(60, TimeUnit.SECONDS))
        .hasCauseInstanceOf(SandboxInterruptedException.class);
    assertThat(containers()).isEmpty();
    release.countDown();
  }

  @Test
  void whatCannotBeHadIsRefusedBeforeAnyCall() {
    for (SandboxSpec.Builder spec :
        List.of(
            SandboxSpec.builder().image("debian"),
            SandboxSpec.builder().memoryMb(512),
            SandboxSpec.builder().network(NetworkMode.NONE),
            SandboxSpec.builder().network(NetworkMode.HOST))) {
      assertThatThrownBy(() -> provider().create(spec.build()))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              thrown -> assertThat(thrown.remedy()).isPresent());
    }
    assertThatThrownBy(
            () -> provider().create(SandboxSpec.builder().env("BIG", "x".repeat(1 << 17)).build()))
        .isInstanceOf(InvalidRequestException.class);
    assertThat(proxy.seen()).isEmpty();
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
        SandboxProvider other = open(proxy.uri(), Bridge.KEY)) {
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
      proxy.next("PUT", ".*", answer(502, "workspace_archive_write_error"));
      sandbox.files().write("file", new byte[1 << 20]);
      assertThat(sandbox.files().stat("file").size()).isEqualTo(1 << 20);

      proxy.next("PUT", ".*", answer(400, "invalid_request"));
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
