package dev.dunes.provider.e2b;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.sandbox.conformance.FaultyProxy.Fault;
import dev.dunes.sandbox.conformance.ProxiedVendorFaults;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of E2B and of the network: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class E2bFaultsTest extends ProxiedVendorFaults {
  @RegisterExtension static final Shared<E2bServer> SERVER = E2bServer.shared();

  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", "faults").lifetime(Duration.ofMinutes(5)).build();

  @Override
  protected URI server() {
    return SERVER.get().uri();
  }

  @Override
  protected String key() {
    return E2bServer.KEY;
  }

  @Override
  protected SandboxProvider open(URI uri, String key) {
    return new E2bSandboxProviderFactory().open(E2bServer.settings(uri, key));
  }

  @Override
  protected String credentials() {
    return "E2B_API_KEY";
  }

  @Override
  protected List<String> left() {
    return SERVER.get().left();
  }

  @Override
  protected List<String> saved() {
    return SERVER.get().saved();
  }

  @Override
  protected void forget(String id) {
    try (SandboxProvider other = open(SERVER.get().uri(), E2bServer.KEY)) {
      assertThat(other.destroy(id)).isTrue();
    }
  }

  @Override
  protected Request request(Call call) {
    return switch (call) {
      case CREATE -> new Request("POST", "/v2/sandboxes");
      case DESTROY -> new Request("DELETE", "/sandboxes/[^/]+");
      case SNAPSHOT -> new Request("POST", "/sandboxes/[^/]+/snapshots");
      case DELETE_SNAPSHOT -> new Request("DELETE", "/templates/[^/]+");
      case UPLOAD -> new Request("POST", "/files");
    };
  }

  @Override
  protected String error(int status) {
    return "{\"code\":%d,\"message\":\"no, says the vendor\"}".formatted(status);
  }

  @Override
  protected void cutNextOutput() {
    proxy().next("POST", "/process.Process/Start", new Fault.CutAfter(3000));
    proxy().next("POST", "/process.Process/Connect", new Fault.CutAfter(3000));
  }

  @Override
  protected boolean goesOn() {
    return true;
  }

  // ---- who we are ----

  @ParameterizedTest
  @ValueSource(strings = {"e2b_secret…", "e2b_secret\nx", "e2b_sécret"})
  void aKeyThatCannotBeSentIsNotShownEither(String key) {
    try (SandboxProvider stranger = open(proxy().uri(), key)) {
      assertThatThrownBy(() -> stranger.create(SPEC))
          .isInstanceOf(SandboxAuthenticationException.class)
          .hasMessageContaining("characters that cannot be sent")
          .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(key));
      assertThatThrownBy(stranger::healthCheck)
          .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(key));
    }
    assertThat(made()).isZero();
  }

  @Test
  void aVendorThatRepeatsTheKeyDoesNotShowIt() {
    proxy()
        .next(
            "POST",
            "/v2/sandboxes",
            new Fault.Answer(
                400, "{\"code\":400,\"message\":\"bad key " + E2bServer.KEY + "\"}", Map.of()));

    assertThatThrownBy(() -> provider().create(SPEC))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("bad key ***")
        .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(E2bServer.KEY));
  }

  /** Also not by way of what a parser says of it. */
  @Test
  void aVendorThatAnswersWithTheKeyDoesNotShowIt() {
    proxy().next("GET", "/v2/sandboxes", new Fault.Answer(200, E2bServer.KEY, Map.of()));

    assertThatThrownBy(() -> provider().list(Map.of()))
        .isInstanceOf(ProviderException.class)
        .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(E2bServer.KEY));
  }

  @Test
  void aTokenThatWasChangedIsAskedForOnce() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy().next("POST", "/process.Process/Start", answer(401));
      assertThat(sandbox.exec("echo again").stdout()).isEqualTo("again\n");

      proxy().next("POST", "/process.Process/Start", answer(401));
      proxy().next("POST", "/process.Process/Start", answer(401));
      assertThatThrownBy(() -> sandbox.exec("true"))
          .isInstanceOf(SandboxAuthenticationException.class);
    }
  }

  // ---- limits ----

  @ParameterizedTest
  @ValueSource(ints = {502, 503, 504, 429})
  void whatOnlyReadsIsTriedAgain(int status) {
    proxy().next("GET", "/v2/sandboxes", answer(status));

    assertThat(provider().list(Map.of("of", "nothing"))).isEmpty();
    assertThat(proxy().seen()).hasSize(2);
  }

  @Test
  void whatStaysBrokenIsNotTriedForEver() {
    for (int i = 0; i < 4; i++) {
      proxy().next("GET", "/v2/sandboxes", answer(503));
    }

    assertThatThrownBy(() -> provider().list(Map.of())).isInstanceOf(SandboxQuotaException.class);
    assertThat(proxy().seen()).hasSize(4);
  }

  // ---- while one is made ----

  @Test
  void oneWhoseAnswerWasCutIsDestroyed() {
    proxy().next("POST", "/v2/sandboxes", new Fault.CutAfter(10));

    assertThatThrownBy(() -> provider().create(SPEC)).isInstanceOf(ProviderException.class);
    assertThat(made()).isEqualTo(1);
    assertThat(SERVER.get().left()).isEmpty();
  }

  @Test
  void oneThatIsNoLongerWaitedForIsDestroyed() throws Exception {
    CountDownLatch served = new CountDownLatch(1);
    CountDownLatch release = new CountDownLatch(1);
    proxy().next("POST", "/v2/sandboxes", new Fault.Hold(served, release));
    FutureTask<Throwable> making =
        new FutureTask<>(
            () -> catchThrowableOfType(Throwable.class, () -> provider().create(SPEC)));
    Thread thread = Thread.ofVirtual().start(making);
    assertThat(served.await(60, TimeUnit.SECONDS)).isTrue();
    assertThat(SERVER.get().left()).hasSize(1);

    thread.interrupt();

    assertThat(making.get(60, TimeUnit.SECONDS)).isInstanceOf(SandboxInterruptedException.class);
    release.countDown();
    assertThat(SERVER.get().left()).isEmpty();
  }

  @Test
  void anAnswerWithoutAnIdMakesNoSecondOne() {
    proxy().next("POST", "/v2/sandboxes", new Fault.AnswerAfter(201, "{}"));

    assertThatThrownBy(() -> provider().create(SPEC)).isInstanceOf(ProviderException.class);
    assertThat(proxy().seen()).doesNotContain("POST /sandboxes");
    assertThat(SERVER.get().left()).isEmpty();
  }

  @Test
  void oneThatCannotBeUsedIsDestroyed() {
    assertThatThrownBy(
            () -> provider().create(SPEC.toBuilder().workingDir("/proc/no/such/place").build()))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("/proc/no/such/place");
    assertThat(made()).isEqualTo(1);
    assertThat(SERVER.get().left()).isEmpty();
  }

  @Test
  void whatCannotBeClearedAwayIsSaid() {
    proxy().next("POST", "/v2/sandboxes", new Fault.AnswerAfter(500, "broke"));
    proxy().next("DELETE", "/sandboxes/.*", answer(403));

    assertThatThrownBy(() -> provider().create(SPEC))
        .satisfies(thrown ->
            assertThat(thrown.getSuppressed())
                .hasOnlyElementsOfType(SandboxAuthenticationException.class)
                .hasSize(1));
    assertThat(SERVER.get().left()).hasSize(1);
    provider().list(SPEC.labels()).forEach(info -> provider().destroy(info.id()));
  }

  @Test
  void nobodyThere() throws IOException {
    int port;
    try (ServerSocket socket = new ServerSocket(0)) {
      port = socket.getLocalPort();
    }
    try (SandboxProvider nowhere = open(URI.create("http://127.0.0.1:" + port), E2bServer.KEY)) {
      assertThatThrownBy(nowhere::healthCheck)
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("127.0.0.1:" + port);
    }
  }

  @Test
  void anotherProviderTakesOverAndNothingIsLeftAtTheFirst() {
    proxy().next("POST", "/v2/sandboxes", new Fault.AnswerAfter(500, "broke"));
    try (SandboxProvider second = open(SERVER.get().uri(), E2bServer.KEY);
        Sandboxes sandboxes =
            Sandboxes.builder().register("first", provider()).register("second", second).build()) {
      try (Sandbox made = sandboxes.create(SPEC, Placement.at("first").orElse("second"))) {
        assertThat(made.provider()).isEqualTo("second");
        assertThat(made.exec("echo taken over").stdout()).isEqualTo("taken over\n");
        assertThat(SERVER.get().left()).hasSize(1);
      }
      assertThat(made()).isEqualTo(1);
      assertThat(sandboxes.healthCheck()).containsEntry("first", true);
      assertThat(sandboxes.provider("first").capabilities().asMap())
          .containsEntry("persistent", true)
          .containsEntry("gpu", false);
    }
  }

  // ---- while a command runs ----

  @Test
  void anAnswerWithoutEndIsAnError() {
    Command wanted =
        Command.shellBuilder("read x; stty size").terminal(new TerminalSize(80, 24)).build();
    try (Sandbox sandbox = provider().create(SPEC);
        RunningCommand running = sandbox.start(wanted)) {
      proxy()
          .next(
              "POST",
              "/process.Process/Update",
              new Fault.Answer(200, "{\"x\":\"" + "x".repeat(1 << 20) + "\"}", Map.of()));

      assertThatThrownBy(() -> running.resize(new TerminalSize(90, 30)))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("more than")
          .satisfies(thrown -> assertThat(((SandboxException) thrown).remedy()).isPresent());
    }
  }

  /** A line that is cut again and again, while each time something comes, loses no command. */
  @Test
  void aStreamMayBreakAsOftenAsItLikesWhileSomethingComes() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy().next("POST", "/process.Process/Start", new Fault.CutAfter(3000));
      for (int i = 0; i < 8; i++) {
        proxy().next("POST", "/process.Process/Connect", new Fault.CutAfter(3000));
      }

      ExecResult result = sandbox.exec("seq 1 20000; exit 7");

      assertThat(proxy().seen().stream().filter("POST /process.Process/Connect"::equals))
          .hasSize(9);
      assertThat(result.exitCode()).isEqualTo(7);
      assertThat(result.stdout().lines()).hasSize(20_000).endsWith("20000");
    }
  }

  @Test
  void aCommandThatMayHaveBegunIsEndedWhenNobodyCanFollowIt() {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy().next("POST", "/process.Process/Start", new Fault.CutAfter(1));
      assertThatThrownBy(() -> sandbox.exec("echo $$ > pid; exec sleep 1000"))
          .isInstanceOf(ProviderException.class);

      assertThat(
              sandbox
                  .exec(
                      "n=0; while grep -lsaq '[s]leep.1000' /proc/[0-9]*/cmdline && [ $n -lt 500 ]; do"
                          + " sleep 0.02; n=$((n + 1)); done; [ $n -lt 500 ] && echo ended")
                  .stdout())
          .isEqualTo("ended\n");
    }
  }

  @Test
  void aGapIsMarkedWhereTheVendorCannotRepeat() throws IOException {
    try (Sandbox sandbox = provider().create(SPEC)) {
      proxy().next("POST", "/process.Process/Start", new Fault.CutAfter(150));
      proxy().next("POST", "/process.Process/Connect", new Fault.Without("dunes-replay-from"));
      try (RunningCommand running =
          sandbox.start(
              dev.dunes.sandbox.Command.shellBuilder("echo before; read x; echo $x; exit 3")
                  .openStdin()
                  .build())) {
        StringBuilder seen = new StringBuilder();
        running.stdin().write("after\n".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        for (var chunk = running.take(); chunk.isPresent(); chunk = running.take()) {
          seen.append(chunk.map(OutputChunk::text).orElse(""));
        }
        assertThat(seen.toString()).contains("some output may be missing here");
        assertThat(running.waitFor().exitCode()).isEqualTo(3);
      }
    }
  }

  @Test
  void aDownloadThatBreaksIsAFailure(@org.junit.jupiter.api.io.TempDir java.nio.file.Path temp)
      throws IOException {
    try (Sandbox sandbox = provider().create(SPEC)) {
      try (OutputStream out =
          sandbox.files().write("file", dev.dunes.sandbox.WriteOptions.DEFAULT)) {
        out.write(new byte[1 << 20]);
      }
      proxy().next("GET", "/files", new Fault.CutAfter(1000));

      assertThatThrownBy(() -> sandbox.download("file", temp.resolve("file")))
          .isInstanceOf(SandboxException.class);
      assertThat(temp).isEmptyDirectory();
    }
  }
}
