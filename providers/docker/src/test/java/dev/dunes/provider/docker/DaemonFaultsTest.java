package dev.dunes.provider.docker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.provider.docker.FaultyDaemon.Fault;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** A real daemon on a bad day: typed errors with a remedy, and nothing left behind. */
@Timeout(180)
@EnabledIf(value = TestDaemon.USABLE, disabledReason = TestDaemon.REASON)
class DaemonFaultsTest {
  private static final String CREATE = "POST /containers/create.*";
  private static final String START = "POST /containers/[^/]+/start";
  private static final String REMOVE = "DELETE /containers/.*";
  private static final String COMMIT = "POST /commit.*";
  private static final String LOOK = "GET /containers/[^/]+/json";

  /** Others use the same daemon. */
  private static final SandboxSpec SPEC =
      SandboxSpec.builder().label("of", UUID.randomUUID().toString()).build();

  private static final SandboxSpec DETACHED = SPEC.toBuilder().detached(true).build();

  @TempDir Path temp;

  private FaultyDaemon daemon;
  private SandboxProvider provider;

  @BeforeEach
  void open() throws IOException {
    daemon = FaultyDaemon.listen(temp.resolve("faulty.sock"));
    provider = open(Map.of());
  }

  private SandboxProvider open(Map<String, String> more) {
    Map<String, String> settings =
        new HashMap<>(
            Map.of(
                "state_dir",
                temp.toString(),
                "docker_host",
                "unix://" + temp.resolve("faulty.sock"),
                "docker_image",
                TestDaemon.IMAGE,
                "docker_pull",
                "never"));
    settings.putAll(more);
    return new DockerSandboxProviderFactory().open(new ProviderSettings(settings, Map.of()));
  }

  @AfterEach
  void nothingIsLeft() throws IOException {
    provider.close();
    daemon.close();
    assertThat(daemon.left()).as("faults nobody met").isEmpty();
    assertThat(left()).isEmpty();
    try (Stream<Path> entries = Files.list(temp.resolve("docker"))) {
      assertThat(entries).isEmpty();
    }
  }

  /** Containers and images of this test, as the real daemon knows them. */
  private List<String> left() throws IOException {
    String instance = Files.readString(temp.resolve("docker-instance"));
    String mine =
        Engine.quote("{\"label\":[\"%s=%s\"]}".formatted(ContainerLabels.INSTANCE, instance));
    List<String> left = new ArrayList<>();
    for (String kind : List.of("containers", "images")) {
      for (JsonNode each :
          TestDaemon.engine().get("/%s/json?all=true&filters=%s".formatted(kind, mine)).json()) {
        left.add(kind + " " + each.path("Id").asString(""));
      }
    }
    return left;
  }

  private static void failsWithARemedy(ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            SandboxException.class,
            thrown -> {
              assertThat(thrown.remedy()).isPresent();
              assertThat(thrown.provider()).contains("docker");
            });
  }

  // ---- while one is made ----

  @ParameterizedTest
  @EnumSource(Fault.class)
  void oneThatCannotBeMadeLeavesNothing(Fault fault) throws IOException {
    daemon.next(CREATE, fault);

    failsWithARemedy(() -> provider.create(SPEC));
    assertThat(left()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void oneThatCannotBeStartedLeavesNothing(Fault fault) throws IOException {
    daemon.next(START, fault);

    failsWithARemedy(() -> provider.create(SPEC));
    assertThat(left()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "GET /info,REFUSED",
    "GET /info,CUT",
    "GET /images/.*,REFUSED",
    "GET /images/.*,CUT_WITHIN"
  })
  void aDaemonThatCannotSayWhatThereIsMakesNothing(String request, Fault fault) throws IOException {
    daemon.next(request, fault);

    failsWithARemedy(() -> provider.create(SPEC));
    assertThat(left()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aPullThatBreaksIsAnErrorAndMakesNothing(Fault fault) throws IOException {
    daemon.next("POST /images/create.*", fault);

    try (SandboxProvider pulling = open(Map.of("docker_pull", "missing"))) {
      SandboxSpec spec = SPEC.toBuilder().image("127.0.0.1:1/dunes-test/none:1").build();
      failsWithARemedy(() -> pulling.create(spec));
    }
    assertThat(left()).isEmpty();
  }

  /** It is told with the failure, and removed when somebody looks again. */
  @Test
  void whatCannotBeClearedAwayNowIsLater() throws IOException {
    daemon.next(START, Fault.REFUSED);
    daemon.next(REMOVE, Fault.REFUSED);

    assertThatThrownBy(() -> provider.create(SPEC))
        .isInstanceOf(SandboxException.class)
        .satisfies(thrown -> assertThat(thrown.getSuppressed()).hasSize(1));
    assertThat(left()).hasSize(1);

    assertThat(provider.list(SPEC.labels())).isEmpty();
    assertThat(left()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"REFUSED", "CUT", "CUT_WITHIN"})
  void oneWhoseGuestCannotBeCopiedLeavesNothing(Fault fault) throws IOException {
    try (SandboxProvider apart = apart()) {
      daemon.next("PUT /containers/[^/]+/archive.*", fault);

      failsWithARemedy(() -> apart.create(SPEC));
      assertThat(left()).isEmpty();
    }
  }

  // ---- while it is used ----

  /** The way in is a command of the daemon's there. */
  private SandboxProvider apart() {
    return open(Map.of("docker_shared_files", "no"));
  }

  @Test
  void aDaemonThatHangsUpInTheMiddleOfACommandIsAnErrorAndTheSandboxGoesOn() {
    try (SandboxProvider apart = apart()) {
      Sandbox sandbox = apart.create(DETACHED);
      try (RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"))) {
        assertThat(running.take().orElseThrow().text()).isEqualTo("up\n");
        daemon.hangUp();

        assertThatThrownBy(running::waitFor)
            .isInstanceOfSatisfying(
                SandboxException.class, thrown -> assertThat(thrown.remedy()).isPresent());
        assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      } finally {
        assertThat(sandbox.destroy()).isTrue();
      }
    }
  }

  @Test
  void aDaemonThatHangsUpInTheMiddleOfAFileLeavesWhatWasThere() {
    try (SandboxProvider apart = apart()) {
      Sandbox sandbox = apart.create(DETACHED);
      try {
        sandbox.files().write("file", "old");
        assertThatThrownBy(
                () -> {
                  try (var out =
                      sandbox.files().write("file", dev.dunes.sandbox.WriteOptions.ATOMIC)) {
                    out.write(new byte[1 << 20]);
                    daemon.hangUp();
                    for (int i = 0; i < 64; i++) {
                      out.write(new byte[1 << 20]);
                    }
                  }
                })
            .isInstanceOfAny(IOException.class, SandboxException.class);
        assertThat(sandbox.files().readText("file")).isEqualTo("old");
        assertThat(sandbox.exec("ls").stdout()).isEqualTo("file\n");
      } finally {
        assertThat(sandbox.destroy()).isTrue();
      }
    }
  }

  /** Its maker is known by that connection. */
  @Test
  void oneThatIsNotDetachedEndsWhenTheDaemonInBetweenHangsUp() throws IOException {
    try (SandboxProvider apart = apart();
        Sandbox sandbox = apart.create(SPEC)) {
      assertThat(sandbox.exec("echo up").stdout()).isEqualTo("up\n");
      daemon.hangUp();

      assertThatThrownBy(() -> sandbox.exec("true"))
          .isInstanceOfSatisfying(
              SandboxException.class, thrown -> assertThat(thrown.remedy()).isPresent());
      long end = System.nanoTime() + 60_000_000_000L;
      while (sandbox.state() != SandboxState.TERMINATED) {
        assertThat(System.nanoTime() - end).as("waiting for its end").isNegative();
      }
      assertThat(apart.list(SPEC.labels())).isEmpty();
      assertThat(left()).isEmpty();
    }
  }

  /** It ends its containers, and those of sandboxes are removed then. */
  @Test
  void whatADaemonEndedWhenItWasRestartedIsGoneAndSaidToBe() throws IOException {
    try (Sandbox sandbox = provider.create(SPEC);
        RunningCommand running = sandbox.start(Command.shell("echo up; sleep 1000"))) {
      assertThat(running.take().orElseThrow().text()).isEqualTo("up\n");
      daemon.hangUp();
      assertThat(
              TestDaemon.engine()
                  .call(
                      "DELETE",
                      "/containers/" + Containers.name(sandbox.id()) + "?force=true&v=true",
                      null,
                      Engine.LONG)
                  .ok())
          .isTrue();

      assertThatThrownBy(running::waitFor).isInstanceOf(SandboxException.class);
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
      assertThat(provider.list(SPEC.labels())).isEmpty();
      assertThat(left()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"REFUSED", "CUT", "CUT_WITHIN"})
  void whatCannotBeSeenIsAnErrorAndNotAnEnd(Fault fault) {
    try (Sandbox sandbox = provider.create(SPEC)) {
      daemon.next(LOOK, fault);
      failsWithARemedy(sandbox::state);
      daemon.next("GET /containers/json.*", fault);
      failsWithARemedy(() -> provider.list(SPEC.labels()));
      assertThat(sandbox.state()).isEqualTo(SandboxState.RUNNING);
      assertThat(provider.list(SPEC.labels())).hasSize(1);
    }
  }

  // ---- while its files are saved ----

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aSnapshotThatFailsLeavesNoImage(Fault fault) throws IOException {
    try (Sandbox sandbox = provider.create(SPEC)) {
      sandbox.files().write("file", "kept");
      daemon.next(COMMIT, fault);

      failsWithARemedy(sandbox::snapshot);
      assertThat(left()).hasSize(1);
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void aForkThatFailsLeavesNeitherAnImageNorASandbox(Fault fault) throws IOException {
    try (Sandbox sandbox = provider.create(SPEC)) {
      daemon.next(START, fault);

      failsWithARemedy(sandbox::fork);
      assertThat(left()).hasSize(1);
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }

  // ---- its end ----

  @ParameterizedTest
  @EnumSource(Fault.class)
  void oneThatCannotBeRemovedNowIsWhenItIsTriedAgain(Fault fault) throws IOException {
    Sandbox sandbox = provider.create(SPEC);
    daemon.next(REMOVE, fault);
    failsWithARemedy(sandbox::destroy);

    sandbox.destroy();
    assertThat(left()).isEmpty();
    assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Could not kill running container 1a2b, cannot remove - tried to kill container, but did"
            + " not receive an exit event",
        "unable to remove filesystem for 1a2b: unlinkat /x/merged: device or resource busy",
        "removal of container 1a2b is already in progress"
      })
  void aDaemonThatIsTooBusyToRemoveOneIsAskedAgain(String said) throws IOException {
    Sandbox sandbox = provider.create(SPEC);
    daemon.refuse(REMOVE, said);
    daemon.refuse(REMOVE, said);

    assertThat(sandbox.destroy()).isTrue();
    assertThat(left()).isEmpty();
  }

  @Test
  void aDaemonThatStaysTooBusyToRemoveOneIsAnErrorInTime() {
    String said = "cannot remove - tried to kill container, but did not receive an exit event";
    try (Sandbox sandbox = provider.create(SPEC)) {
      Containers containers =
          new Containers(new Engine(new DaemonAddress.Unix(temp.resolve("faulty.sock"))));
      daemon.refuse(REMOVE, said);

      assertThatThrownBy(() -> containers.remove(sandbox.id(), Duration.ZERO))
          .isInstanceOf(ProviderException.class)
          .hasMessageContaining(said);
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
    }
  }
}
