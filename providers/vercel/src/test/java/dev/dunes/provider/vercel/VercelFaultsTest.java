package dev.dunes.provider.vercel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.FakedVendorFaults;
import dev.dunes.sandbox.conformance.Faults;
import dev.dunes.sandbox.conformance.Faults.Fault;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Bad days of Vercel: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class VercelFaultsTest extends FakedVendorFaults {
  private static final String MAKE = "/api/v3/sandboxes";
  private static final String SNAPSHOT = "/api/v2/sandboxes/sessions/[^/]+/snapshot";
  private static final String CMD = "/api/v2/sandboxes/sessions/[^/]+/cmd";

  @RegisterExtension static final Shared<FakeVercel> FAKE = FakeVercel.shared();

  private static void next(String method, String path, int status, boolean after) {
    FAKE.get().faults.next(method, path, status, after);
  }

  @Override
  protected SandboxProvider open(Optional<String> key) {
    return new VercelSandboxProviderFactory()
        .open(FakeVercel.settings(FAKE.get().uri(), key.orElse(FakeVercel.TOKEN)));
  }

  @Override
  protected String credentials() {
    return "VERCEL_TOKEN";
  }

  @Override
  protected List<String> left() {
    return List.copyOf(FAKE.get().boxes.keySet());
  }

  @Override
  protected List<String> saved() {
    return FAKE.get().snapshots.ids();
  }

  @Override
  protected void forget(String id) {
    FAKE.get().boxes.remove(id).sandbox.destroy();
  }

  @Override
  protected Faults faults() {
    return FAKE.get().faults;
  }

  @Override
  protected Request request(Call call) {
    return switch (call) {
      case CREATE -> new Request("POST", MAKE);
      case DESTROY -> new Request("DELETE", "/api/v2/sandboxes/[^/]+");
      case SNAPSHOT -> new Request("POST", SNAPSHOT);
      case DELETE_SNAPSHOT -> new Request("DELETE", "/api/v2/sandboxes/snapshots/[^/]+");
      case UPLOAD -> new Request("POST", "/api/v2/sandboxes/sessions/[^/]+/fs/write");
    };
  }

  @Override
  protected void cutNextOutput() {
    FAKE.get().machine.cutNextAfter.set(4);
  }

  @Override
  protected boolean goesOn() {
    return true;
  }

  @ParameterizedTest
  @CsvSource({
    "node24,/api/v2/sandboxes,runtime",
    "python3.13,/api/v2/sandboxes,runtime",
    "universal,/api/v3/sandboxes,image",
    "python:3.14,/api/v3/sandboxes,image"
  })
  void anImageIsARuntimeOrAnImageThere(String image, String path, String field) {
    try (Sandbox sandbox = provider().create(SandboxSpec.builder().image(image).build())) {
      FakeBox box = FAKE.get().box(sandbox.id());
      assertThat(box.path).isEqualTo(path);
      assertThat(box.asked.path(field).asString()).isEqualTo(image);
    }
  }

  @Test
  void partsOfAProcessorAreRoundedUp() {
    try (Sandbox sandbox =
        provider().create(SandboxSpec.builder().memoryMb(100).cpuCores(2.5).build())) {
      JsonNode asked = FAKE.get().box(sandbox.id()).asked;
      assertThat(asked.path("resources").path("vcpus").asInt()).isEqualTo(3);
    }
  }

  /** Not in the middle of a stream, and not in what caused an error either. */
  @Test
  void aTokenThatAStreamRepeatsIsNotShown() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().machine.sayNext.set("who is " + FakeVercel.TOKEN + "?");

      assertThatThrownBy(() -> sandbox.files().stat("."))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("who is ***?")
          .satisfies(thrown -> assertThat(trace(thrown)).doesNotContain(FakeVercel.TOKEN));
    }
  }

  @Test
  void sizesAndTheNetworkArePassedOnAndTheRestIsRefused() {
    SandboxSpec spec =
        SandboxSpec.builder()
            .memoryMb(5000)
            .cpuCores(2)
            .network(NetworkMode.NONE)
            .lifetime(Duration.ofSeconds(90))
            .build();
    try (Sandbox sandbox = provider().create(spec)) {
      FakeBox box = FAKE.get().box(sandbox.id());
      assertThat(box.asked.path("resources").path("vcpus").asInt()).isEqualTo(3);
      assertThat(box.asked.path("networkPolicy").path("mode").asString()).isEqualTo("deny-all");
      assertThat(box.asked.path("timeout").asLong()).isEqualTo(90_000);
      assertThat(box.asked.path("persistent").asBoolean(true)).isFalse();
    }
    FAKE.get().faults.forgetSeen();
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().diskMb(9).build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().maxProcesses(9).build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThat(FAKE.get().faults.seen()).isEmpty();
  }

  @Test
  void fourLabelsFitAndAFifthIsRefusedByNumber() {
    SandboxSpec four =
        SandboxSpec.builder()
            .label("a", "1")
            .label("b", "2")
            .label("c", "3:4")
            .label("d", "é")
            .build();
    try (Sandbox sandbox = provider().create(four)) {
      assertThat(provider().get(sandbox.id()).orElseThrow().labels()).isEqualTo(four.labels());
      assertThat(provider().list(Map.of("c", "3:4", "d", "é"))).hasSize(1);
      assertThat(provider().list(Map.of("c", "3"))).isEmpty();
    }
    FAKE.get().faults.forgetSeen();
    assertThatThrownBy(() -> provider().create(four.toBuilder().label("e", "5").build()))
        .isInstanceOf(UnsupportedCapabilityException.class)
        .hasMessageContaining("labels");
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().label("dunes", "x").build()))
        .isInstanceOf(InvalidRequestException.class);
    String far = "/" + "d".repeat(300);
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().workingDir(far).build()))
        .isInstanceOf(InvalidRequestException.class)
        .hasMessageContaining("workingDir");
    assertThat(FAKE.get().faults.seen()).isEmpty();
  }

  @Test
  void outputIsExactAlthoughTheWireIsText() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      ExecResult result = sandbox.exec("printf '\\000\\377\\376no end'; printf x >&2; exit 4");

      assertThat(result.stdoutBytes()).containsExactly(0, 0xFF, 0xFE, 'n', 'o', ' ', 'e', 'n', 'd');
      assertThat(result.stderr()).isEqualTo("x");
      assertThat(result.exitCode()).isEqualTo(4);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {429, 500, 503})
  void aCommandIsNeverAskedForTwice(int status) {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().faults.forgetSeen();
      FAKE.get().faults.next(new Fault("POST", CMD, status, Map.of("Retry-After", "1"), "", false));

      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxException.class);
      assertThat(asked("POST " + CMD)).isEqualTo(1);
      assertThat(sandbox.exec("echo well").stdout()).isEqualTo("well\n");
    }
  }

  /** It keeps nothing, so what is left of it is nothing to wake up. */
  @Test
  void oneTheVendorStoppedIsGoneAndNothingOfItStays() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().stop(FAKE.get().box(sandbox.id()));

      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
      assertThat(FAKE.get().boxes).isEmpty();
    }
  }

  @Test
  void whatIsPausedKeepsItsFilesAndOnlyThen() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FakeBox box = FAKE.get().box(sandbox.id());
      sandbox.files().write("/tmp/file", "kept");
      sandbox.pause();
      sandbox.pause();
      assertThat(box.persistent).isTrue();
      assertThat(sandbox.state()).isEqualTo(SandboxState.STOPPED);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      try (Sandbox other = provider().get(sandbox.id()).orElseThrow()) {
        sandbox.resume();
        sandbox.resume();
        assertThat(box.persistent).isFalse();
        assertThat(other.files().readText("/tmp/file")).isEqualTo("kept");
      }
      assertThat(sandbox.files().readText("/tmp/file")).isEqualTo("kept");
    }
  }

  private static final String STOP = "/api/v2/sandboxes/sessions/[^/]+/stop";

  @Test
  void oneThatCannotBeStoppedIsDeletedAllTheSame() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    next("POST", STOP, 500, false);

    assertThat(sandbox.destroy()).isTrue();
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** What is kept costs something also when it has stopped. */
  @Test
  void oneThatCannotBePausedIsNotKept() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("POST", STOP, 500, false);
      assertThatThrownBy(sandbox::pause).isInstanceOf(ProviderException.class);

      assertThat(FAKE.get().box(sandbox.id()).persistent).isFalse();
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  private static void over(FakeBox box) {
    box.tags = new java.util.HashMap<>(box.tags);
    box.tags.compute(VercelShape.OURS, (name, facts) -> facts.replaceFirst("[0-9]+", "1000"));
  }

  @Test
  void onePausedUntilItsTimeWasOverIsNotWokenUp() {
    Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
    sandbox.pause();
    over(FAKE.get().box(sandbox.id()));
    FAKE.get().faults.forgetSeen();

    assertThatThrownBy(sandbox::resume).isInstanceOf(SandboxNotFoundException.class);
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @Test
  void oneThatIsOverAndCannotBeEndedHidesNoOther() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT);
        Sandbox other = provider().create(SandboxSpec.DEFAULT)) {
      over(FAKE.get().box(sandbox.id()));
      next("DELETE", "/api/v2/sandboxes/[^/]+", 403, false);

      assertThat(provider().list(Map.of()))
          .extracting(SandboxInfo::id)
          .containsExactlyInAnyOrder(sandbox.id(), other.id());
      assertThat(provider().list(Map.of())).extracting(SandboxInfo::id).containsExactly(other.id());
    }
  }

  /** Its own client would wake it up, too. */
  @Test
  void oneOfSomebodyElseIsWokenUp() {
    FakeBox foreign = FAKE.get().foreign("somebodys", Map.of("k", "v", "odd name", "x"));
    try {
      assertThat(provider().list(Map.of("k", "v")))
          .extracting(SandboxInfo::id)
          .containsExactly("somebodys");
      Sandbox sandbox = provider().get("somebodys").orElseThrow();
      FAKE.get().stop(foreign);

      assertThat(sandbox.exec("echo hi").stdout()).isEqualTo("hi\n");
      sandbox.close();
      foreign.persistent = false;
      foreign.status = "stopped";
      assertThat(provider().list(Map.of())).isEmpty();
      assertThat(FAKE.get().boxes).containsKey("somebodys");
    } finally {
      assertThat(provider().destroy("somebodys")).isTrue();
    }
  }

  @Test
  void aLongerTimeIsAskedForAndAShorterOneIsKept() throws InterruptedException {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FakeBox box = FAKE.get().box(sandbox.id());
      sandbox.renew(Duration.ofHours(1));
      assertThat(Instant.ofEpochMilli(box.startedAt + box.timeout))
          .isAfterOrEqualTo(sandbox.deadline().orElseThrow());

      sandbox.renew(Duration.ofSeconds(1));
      long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
      while (!FAKE.get().boxes.isEmpty() && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(10);
      }
      assertThat(FAKE.get().boxes).isEmpty();
    }
  }
}
