package dev.dunes.provider.sprites;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.FakedVendorFaults;
import dev.dunes.sandbox.conformance.Faults;
import dev.dunes.sandbox.conformance.Faults.Fault;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bad days of Sprites: typed errors, and nothing left that somebody pays for. */
@Timeout(120)
class SpritesFaultsTest extends FakedVendorFaults {
  private static final String ONE = "/v1/sprites/dunes-[^/]+";
  private static final String EXEC = ONE + "/exec";

  @RegisterExtension static final Shared<FakeSprites> FAKE = FakeSprites.shared();

  private static void next(String method, String path, int status, String body, boolean after) {
    FAKE.get().faults.next(new Fault(method, path, status, Map.of(), body, after));
  }

  @Override
  protected SandboxProvider open(Optional<String> key) {
    return new SpritesSandboxProviderFactory()
        .open(FakeSprites.settings(FAKE.get().uri(), key.orElse(FakeSprites.TOKEN)));
  }

  @Override
  protected String credentials() {
    return "SPRITES_TOKEN";
  }

  @Override
  protected List<String> left() {
    return List.copyOf(FAKE.get().boxes.keySet());
  }

  @Override
  protected boolean saves() {
    return false;
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
      case CREATE -> new Request("POST", "/v1/sprites");
      case DESTROY -> new Request("DELETE", ONE);
      case SNAPSHOT, DELETE_SNAPSHOT -> throw new AssertionError("it saves none");
      case UPLOAD -> new Request("PUT", ONE + "/fs/write");
    };
  }

  /** The time to wait is in the body. */
  @Override
  protected String retryBody(Optional<Duration> wait) {
    return wait.map(time -> "{\"retry_after_seconds\":%d}".formatted(time.toSeconds()))
        .orElse("{}");
  }

  @Override
  protected Map<String, String> retryHeaders(Duration wait) {
    return Map.of();
  }

  @Override
  protected void cutNextOutput() {
    FAKE.get().exec.cutNextAfter.set(1000);
  }

  @Override
  protected boolean goesOn() {
    return false;
  }

  @Test
  void tooManyAtOnceIsAQuota() {
    String body = "{\"error\":\"concurrent_sprite_limit_exceeded\",\"message\":\"5 of 5\"}";
    next("POST", "/v1/sprites", 429, body, false);

    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOf(SandboxQuotaException.class)
        .hasMessageContaining("concurrent_sprite_limit_exceeded: 5 of 5");
    assertThat(asked("POST /v1/sprites")).isEqualTo(1);
  }

  /** Also when it is refused: then it is not the making that was. */
  @ParameterizedTest
  @ValueSource(ints = {400, 403, 409, 500})
  void oneWhoseNetworkCannotBeClosedIsDestroyed(int status) {
    next("POST", ONE + "/policy/network", status, "no", false);
    SandboxSpec spec = SandboxSpec.builder().network(NetworkMode.NONE).build();

    assertThatThrownBy(() -> provider().create(spec))
        .isInstanceOfSatisfying(
            SandboxException.class,
            thrown -> {
              assertThat(thrown.statusCode()).hasValue(status);
              assertThat(thrown.getSuppressed()).isEmpty();
            });
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @Test
  void limitsAndTheNetworkArePassedOn() {
    SandboxSpec spec =
        SandboxSpec.builder()
            .memoryMb(1000)
            .cpuCores(2.5)
            .diskMb(1500)
            .network(NetworkMode.NONE)
            .build();
    try (Sandbox sandbox = provider().create(spec)) {
      FakeSprites.Box box = FAKE.get().box(sandbox.id());
      assertThat(box.config.toString()).isEqualTo("{\"ram_mb\":1000,\"cpus\":2,\"storage_gb\":2}");
      assertThat(box.rules.toString()).isEqualTo("[{\"domain\":\"*\",\"action\":\"deny\"}]");
    }
  }

  @Test
  void anotherImageAndALimitOnProcessesAreRefused() {
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().image("python").build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThatThrownBy(() -> provider().create(SandboxSpec.builder().maxProcesses(9).build()))
        .isInstanceOf(UnsupportedCapabilityException.class);
    assertThat(FAKE.get().faults.seen()).isEmpty();
  }

  @Test
  void aCommandIsInNoAddress() {
    try (Sandbox sandbox =
        provider().create(SandboxSpec.builder().env("IN_ALL", "of it").build())) {
      Command command =
          Command.shellBuilder("echo \"$SECRET $IN_ALL\"").env("SECRET", "s3cr3t").build();

      assertThat(sandbox.exec(command).stdout()).isEqualTo("s3cr3t of it\n");
      assertThat(FAKE.get().exec.addresses)
          .isNotEmpty()
          .allSatisfy(query -> assertThat(query).doesNotContain("s3cr3t").doesNotContain("env="))
          .allSatisfy(query -> assertThat(query).hasSizeLessThan(1500));
    }
  }

  @Test
  void aGatewayThatIsNotReadyIsAskedAgain() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      FAKE.get().faults.forgetSeen();
      next("WS", EXEC, 503, "", false);
      next("WS", EXEC, 502, "", false);

      assertThat(sandbox.exec("echo up").stdout()).isEqualTo("up\n");
      assertThat(asked("WS " + EXEC)).isEqualTo(3);
    }
  }

  @Test
  void aCommandThatIsRefusedIsATypedError() {
    try (Sandbox sandbox = provider().create(SandboxSpec.DEFAULT)) {
      next("WS", EXEC, 403, "", false);
      assertThatThrownBy(() -> sandbox.exec("true"))
          .isInstanceOf(SandboxAuthenticationException.class);

      for (int i = 0; i < 4; i++) {
        next("WS", EXEC, 503, "", false);
      }
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxQuotaException.class);
      assertThat(sandbox.exec("echo well").stdout()).isEqualTo("well\n");
    }
  }

  @Test
  void oneThatCannotSayItsLabelsIsNotKept() {
    next("GET", ONE, 500, "broke", false);

    assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
        .isInstanceOf(ProviderException.class);
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @Test
  void oneWithoutItsLabelsWouldNeverEndAndIsNotKept() {
    FAKE.get().forgetLabels = true;
    try {
      assertThatThrownBy(() -> provider().create(SandboxSpec.DEFAULT))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining("labels");
    } finally {
      FAKE.get().forgetLabels = false;
    }
    assertThat(FAKE.get().boxes).isEmpty();
  }

  @Test
  void itsTimeEndsItThoughNobodyLooks() throws InterruptedException {
    provider().create(SandboxSpec.builder().lifetime(Duration.ofSeconds(1)).detached().build());

    awaitEmpty();
  }

  private static void awaitEmpty() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(60).toNanos();
    while (!FAKE.get().boxes.isEmpty() && System.nanoTime() - end < 0) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** When the program that made it is gone, whoever lists ends what is over. */
  @Test
  void whoeverListsEndsWhatIsOver() {
    Sandbox made =
        provider()
            .create(
                SandboxSpec.builder()
                    .label("a", "b=c")
                    .lifetime(Duration.ofHours(1))
                    .detached()
                    .build());
    List<String> labels = FAKE.get().box(made.id()).labels;
    FAKE.get().box(made.id()).labels =
        labels.stream()
            .map(label -> label.replaceFirst("^(_dunes.deadline)=.*", "$1=2001-01-01T00:00:00Z"))
            .toList();
    try (SandboxProvider other = new SpritesSandboxProviderFactory().open(FAKE.get().settings())) {
      assertThat(labels).contains("a=b=c");
      assertThat(other.list(Map.of("no", "such"))).isEmpty();
    }
    assertThat(FAKE.get().boxes).isEmpty();
  }

  /** Of the same account, but not ours: it is shown, and never ended. */
  @Test
  void whatOthersMadeIsShownAndKept() throws Exception {
    FakeSprites.Box foreign =
        FAKE.get().foreign("somebodys", List.of("plain", "odd name=1", "k=v"));
    try {
      List<SandboxInfo> found = provider().list(Map.of("k", "v"));
      assertThat(found).extracting(SandboxInfo::id).containsExactly("somebodys");
      assertThat(found.getFirst().deadline()).isEmpty();
      Sandbox sandbox = provider().get("somebodys").orElseThrow();
      assertThat(sandbox.exec("echo hi").stdout()).isEqualTo("hi\n");
      sandbox.close();
      assertThat(FAKE.get().boxes).containsKey("somebodys");
    } finally {
      assertThat(provider().destroy(foreign.name)).isTrue();
    }
  }

  /** Its end would be taken for the end of all there are. */
  @Test
  void aListThatDoesNotSayHowItGoesOnIsAnError() {
    Fault half =
        new Fault("GET", "/v1/sprites", 200, Map.of(), "{\"sprites\":[],\"has_more\":true}", false);
    FAKE.get().faults.next(half);

    assertThatThrownBy(() -> provider().list(Map.of()))
        .isInstanceOf(ProviderException.class)
        .hasMessageContaining("part of a list")
        .satisfies(thrown -> assertThat(((ProviderException) thrown).remedy()).isPresent());
  }
}
