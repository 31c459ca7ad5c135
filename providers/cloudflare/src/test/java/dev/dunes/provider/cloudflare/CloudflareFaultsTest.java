package dev.dunes.provider.cloudflare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.FaultyProxy.Fault;
import dev.dunes.sandbox.conformance.ProxiedVendorFaults;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Bad days of Cloudflare and of the network: typed errors, and no container left. */
@Timeout(120)
class CloudflareFaultsTest extends ProxiedVendorFaults {
  @RegisterExtension static final Shared<Bridge> BRIDGE = Bridge.shared();

  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", "faults").lifetime(Duration.ofMinutes(5)).build();

  private static final String EXEC = "/v1/sandbox/[^/]+/exec";

  @Override
  protected URI server() {
    return BRIDGE.get().uri();
  }

  @Override
  protected String key() {
    return Bridge.KEY;
  }

  @Override
  protected SandboxProvider open(URI uri, String key) {
    return new CloudflareSandboxProviderFactory().open(BRIDGE.get().settings(uri, key));
  }

  @AfterEach
  void noRecordIsLeft() {
    assertThat(provider().list(Map.of())).isEmpty();
    assertThat(BRIDGE.get().containers().refusals).isEmpty();
  }

  @Override
  protected String credentials() {
    return "CLOUDFLARE_API_TOKEN";
  }

  @Override
  protected List<String> left() {
    return containers();
  }

  @Override
  protected boolean saves() {
    return false;
  }

  /** Cloudflare forgets one by starting another in its place. */
  @Override
  protected void forget(String id) {
    BRIDGE.get().containers().forget(id);
  }

  /** A container is made by the first command for it. */
  @Override
  protected Request request(Call call) {
    return switch (call) {
      case CREATE -> new Request("POST", EXEC);
      case DESTROY -> new Request("DELETE", "/v1/sandbox/[^/]+");
      case UPLOAD -> new Request("PUT", "/v1/sandbox/[^/]+/file.*");
      case SNAPSHOT, DELETE_SNAPSHOT -> throw new AssertionError("it saves none");
    };
  }

  @Override
  protected String error(int status) {
    return "{\"error\":\"no, says the vendor\",\"code\":\"of_%d\"}".formatted(status);
  }

  /** The first command and a whole file may be sent again: they make the same once more. */
  @Override
  protected int tries(Call call, int status) {
    return call != Call.DESTROY && status != 500 ? 4 : 1;
  }

  /** Whatever is asked of the same id is asked of the same sandbox. */
  @Override
  protected long made() {
    return proxy().seen().stream().filter(each -> each.matches("POST " + EXEC)).distinct().count();
  }

  @Override
  protected void awaitHeld() throws InterruptedException {
    assertThat(served().await(60, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  protected void cutNextOutput() {
    proxy().next("POST", EXEC, new Fault.CutAfter(3000));
  }

  @Override
  protected boolean goesOn() {
    return false;
  }

  private static List<String> containers() {
    return List.copyOf(BRIDGE.get().containers().running.keySet());
  }

  // ---- who we are ----

  @Test
  void aTokenThatTheVendorRepeatsIsNotShown() {
    proxy()
        .next(
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
    assertThat(proxy().seen()).containsExactly("GET /health", "GET /v1/pool/stats");
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
    proxy().next("POST", EXEC, new Fault.CutAfter(10));

    assertThatThrownBy(() -> provider().create(SPEC)).isInstanceOf(ProviderException.class);
    assertThat(containers()).isEmpty();
  }

  @Test
  void oneThatCannotBeEndedIsEndedLater() {
    proxy().next("POST", EXEC, new Fault.CutAfter(10));
    for (int i = 0; i < 20; i++) {
      proxy().next("DELETE", ".*", answer(500));
    }
    assertThatThrownBy(() -> provider().create(SPEC))
        .isInstanceOf(ProviderException.class)
        .satisfies(thrown -> assertThat(thrown.getSuppressed()).isNotEmpty());
    assertThat(containers()).hasSize(1);
    proxy().heal();

    try (SandboxProvider next = open(proxy().uri(), Bridge.KEY)) {
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
    proxy().next("POST", EXEC, new Fault.Hold(served, release));
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
    assertThat(proxy().seen()).isEmpty();
  }
}
