package dev.dunes.sandbox.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.IsolationUnavailableException;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** From a sandbox's making to its end. */
abstract class LifecycleTopic extends Topic {
  LifecycleTopic(Supplier<Suite> suite) {
    super(suite);
  }

  private SandboxProvider provider() {
    return suite().provider();
  }

  // ---- making ----

  @Test
  void aNewSandboxSaysWhatItIs() {
    Instant before = Instant.now().minusSeconds(2);
    try (Sandbox made =
        provider().create(suite().spec().label("x", "y").lifetime(Duration.ofMinutes(5)).build())) {
      SandboxInfo info = made.info();

      assertThat(info.id()).isEqualTo(made.id()).isNotBlank();
      assertThat(info.provider()).isEqualTo(made.provider()).isEqualTo(provider().name());
      assertThat(info.state()).isEqualTo(made.state()).isEqualTo(SandboxState.RUNNING);
      assertThat(info.labels()).isEqualTo(made.labels()).containsEntry("x", "y");
      assertThat(info.createdAt().orElseThrow()).isBetween(before, Instant.now().plusSeconds(2));
      assertThat(info.deadline().orElseThrow())
          .isBetween(
              before.plus(Duration.ofMinutes(5)),
              Instant.now().plus(Duration.ofMinutes(5)).plusSeconds(2));
      assertThat(made.deadline()).isEqualTo(info.deadline());
      assertThat(made.spec().lifetime()).isEqualTo(Duration.ofMinutes(5));
      assertThat(provider().list(suite().labels())).contains(info);
    }
  }

  @Test
  void setupCommandsAreTheCallersBusiness() {
    try (Sandbox made = provider().create(suite().spec().setupCommand("touch set-up").build())) {
      assertThat(made.files().exists("set-up")).isFalse();
    }
  }

  @Test
  void theWorkingDirectoryIsMade() {
    String path = "/tmp/" + Suite.unique() + "/sub dir";
    try (Sandbox made = provider().create(suite().spec().workingDir(path).build())) {
      assertThat(made.exec("pwd").stdout()).isEqualTo(path + "\n");
      made.files().write("relative", "x");
      assertThat(made.files().readText(path + "/relative")).isEqualTo("x");
      made.files().removeTree(path.substring(0, path.lastIndexOf('/')));
    }
  }

  @Test
  void sandboxesDoNotShareTheirWorkingDirectories() {
    try (Sandbox one = suite().create();
        Sandbox two = suite().create()) {
      one.files().write("file", "x");
      assertThat(two.files().exists("file")).isFalse();
      assertThat(one.id()).isNotEqualTo(two.id());
    }
  }

  @Test
  void manyAreMadeAtOnce() throws Exception {
    List<Callable<String>> work =
        Collections.nCopies(
            6,
            () -> {
              try (Sandbox made = suite().create()) {
                assertThat(made.exec("echo x").stdout()).isEqualTo("x\n");
                return made.id();
              }
            });
    assertThat(inParallel(work)).doesNotHaveDuplicates();
  }

  @Test
  void whatCannotBeHadIsRefusedAndNothingIsLeft() {
    int before = provider().list(Map.of()).size();
    try {
      provider()
          .create(suite().spec().label("refused", "x").isolation(IsolationTier.MICROVM).build())
          .destroy();
      Assumptions.abort("this provider has the strongest isolation");
    } catch (IsolationUnavailableException e) {
      assertThat(e.remedy()).isPresent();
      assertThat(e).hasMessageContaining("isolation");
    }
    assertThat(provider().list(Map.of("refused", "x"))).isEmpty();
    assertThat(before).isNotNegative();
  }

  @Test
  void anImageThatIsNotThereIsRefusedAndNothingIsLeft() {
    assertThatThrownBy(() ->
            provider()
                .create(
                    suite()
                        .spec()
                        .label("refused", "image")
                        .image("snapshot:nosuchsnapshot")
                        .build()))
        .isInstanceOf(SandboxException.class);
    assertThat(provider().list(Map.of("refused", "image"))).isEmpty();
  }

  // ---- finding ----

  @Test
  void listsAndFindsByAllLabels() {
    String value = Suite.unique();
    try (Sandbox made =
            provider().create(suite().spec().label("a", value).label("b", "1").build());
        Sandbox other =
            provider().create(suite().spec().label("a", value).label("b", "2").build())) {
      assertThat(ids(Map.of("a", value))).containsExactlyInAnyOrder(made.id(), other.id());
      assertThat(ids(Map.of("a", value, "b", "2"))).containsExactly(other.id());
      assertThat(ids(Map.of("a", value, "b", "3"))).isEmpty();
      assertThat(ids(Map.of())).contains(made.id(), other.id());
      assertThat(provider().find(Map.of("a", value)).orElseThrow().id()).isEqualTo(made.id());
      assertThat(provider().find(Map.of("a", value, "b", "3"))).isEmpty();
    }
    assertThat(provider().find(Map.of("a", value))).isEmpty();
  }

  @Test
  void anExistingOneIsPreferredWhenAskedFor() {
    String value = Suite.unique();
    Sandbox first = provider().getOrCreate(suite().spec().label("a", value).build());
    Sandbox second = provider().getOrCreate(suite().spec().label("a", value).build());
    try {
      assertThat(second.id()).isEqualTo(first.id());
      second.close();
      assertThat(first.state()).isEqualTo(SandboxState.RUNNING);
    } finally {
      first.destroy();
    }
  }

  @Test
  void withoutLabelsANewOneIsMade() {
    Sandbox first =
        provider()
            .getOrCreate(
                dev.dunes.sandbox.SandboxSpec.builder().env(Suite.MARK, suite().mark()).build());
    Sandbox second = provider().getOrCreate(first.spec());
    try (first;
        second) {
      assertThat(second.id()).isNotEqualTo(first.id());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "nosuchsandbox",
        "../..",
        "a/b",
        ".",
        "..",
        "a\0b",
        "UPPER",
        "%00",
        "x y",
        "-rf"
      })
  void idsThatAreNoneAreUnknown(String id) {
    assertThat(provider().get(id)).isEmpty();
    assertThat(provider().destroy(id)).isFalse();
    assertThatThrownBy(() -> provider().execute(id, Command.of("true")))
        .isInstanceOf(SandboxNotFoundException.class);
  }

  // ---- ending ----

  @Test
  void destroyingTwiceIsNoFailure() {
    Sandbox made = suite().create();

    assertThat(made.destroy()).isTrue();
    assertThat(made.destroy()).isFalse();
    assertThat(provider().destroy(made.id())).isFalse();
    made.close();
  }

  @Test
  void ofManyThatDestroyOneDoes() throws Exception {
    Sandbox made = suite().create();

    assertThat(inParallel(Collections.nCopies(8, made::destroy))).containsOnlyOnce(true).hasSize(8);
    assertThat(provider().get(made.id())).isEmpty();
  }

  @Test
  void afterTheEndEverythingIsNotFound() {
    Sandbox made = suite().create();
    Sandbox other = provider().get(made.id()).orElseThrow();
    assertThat(other.exec("true").success()).isTrue();
    made.destroy();

    for (Sandbox handle : List.of(made, other)) {
      assertThatThrownBy(() -> handle.exec("true")).isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> handle.start(Command.of("true")))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> handle.files().list("."))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> handle.files().write("x", "x"))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(() -> handle.renew(Duration.ofMinutes(1)))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThatThrownBy(handle::metrics).isInstanceOf(SandboxNotFoundException.class);
      assertThat(handle.state()).isEqualTo(SandboxState.TERMINATED);
      assertThat(handle.info().id()).isEqualTo(made.id());
    }
    assertThat(provider().get(made.id())).isEmpty();
    assertThatThrownBy(() -> provider().execute(made.id(), Command.of("true")))
        .isInstanceOf(SandboxNotFoundException.class);
    other.close();
  }

  @Test
  void destroyingEndsWhatRuns() throws Exception {
    String cookie = Suite.unique();
    Sandbox made = suite().create();
    try (RunningCommand running =
        made.start(marked(cookie, "setsid sleep 1000 & echo up; exec sleep 1000").build())) {
      assertThat(running.take().map(OutputChunk::text)).contains("up\n");
      made.destroy();
      assertThatThrownBy(() -> running.waitFor(Suite.LIMIT)).isInstanceOf(SandboxException.class);
    }
    if (suite().has(Feature.ON_THIS_MACHINE)) {
      assertThat(Processes.withVariable("COOKIE", cookie)).isEmpty();
    }
  }

  @Test
  void anInterruptedThreadCanDestroy() throws Exception {
    Sandbox made = suite().create();
    Thread thread =
        new Thread(() -> {
          Thread.currentThread().interrupt();
          made.close();
        });
    thread.start();
    thread.join(Suite.LIMIT);

    assertThat(provider().get(made.id())).isEmpty();
  }

  @Test
  void closingEndsWhatThisHandleMadeUnlessDetached() {
    Sandbox made = suite().create();
    Sandbox found = provider().get(made.id()).orElseThrow();
    found.close();
    assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");
    made.close();
    made.close();
    assertThat(provider().get(made.id())).isEmpty();

    Sandbox detached = provider().create(suite().spec().detached().build());
    detached.close();
    assertThat(provider().execute(detached.id(), Command.shell("echo on")).stdout())
        .isEqualTo("on\n");
    assertThat(provider().destroy(detached.id())).isTrue();
  }

  @Test
  void closingAProviderEndsWhatItsHandlesOwn() {
    SandboxProvider second = suite().another();
    Sandbox owned = second.create(suite().spec().build());
    Sandbox detached = second.create(suite().spec().detached().build());
    second.close();

    assertThat(provider().get(owned.id())).isEmpty();
    assertThat(provider().get(detached.id())).isPresent();
    assertThat(provider().destroy(detached.id())).isTrue();
  }

  // ---- deadlines ----

  @Test
  void theDeadlineEndsIt() {
    String cookie = Suite.unique();
    Sandbox made =
        provider().create(suite().spec().lifetime(Duration.ofSeconds(1)).detached().build());
    try (RunningCommand running =
        made.start(marked(cookie, "setsid sleep 1000 & exec sleep 1000").build())) {
      Suite.eventually("it has ended", () -> made.state() == SandboxState.TERMINATED);
      assertThatThrownBy(() -> running.waitFor(Suite.LIMIT)).isInstanceOf(SandboxException.class);
    }
    assertThat(provider().get(made.id())).isEmpty();
    assertThatThrownBy(() -> made.exec("true")).isInstanceOf(SandboxNotFoundException.class);
    if (suite().has(Feature.ON_THIS_MACHINE)) {
      Suite.eventually(
          "its processes have ended", () -> Processes.withVariable("COOKIE", cookie).isEmpty());
    }
    made.close();
  }

  @Test
  void theDeadlineCanBePutOffAndBroughtForward() {
    try (Sandbox made = provider().create(suite().spec().lifetime(Duration.ofSeconds(3)).build())) {
      made.renew(Duration.ofHours(1));
      Instant later = made.deadline().orElseThrow();
      assertThat(later).isAfter(Instant.now().plus(Duration.ofMinutes(50)));
      assertThat(provider().get(made.id()).orElseThrow().deadline()).contains(later);

      Instant firstDeadline = made.info().createdAt().orElseThrow().plusSeconds(4);
      Suite.eventually("the first deadline has passed", () -> Instant.now().isAfter(firstDeadline));
      assertThat(made.exec("echo on").stdout()).isEqualTo("on\n");

      made.renew(Duration.ofSeconds(1));
      Suite.eventually("the new deadline ends it", () -> made.state() == SandboxState.TERMINATED);
    }
  }

  @Test
  void deadlinesThatAreNoneAreRefused() {
    assertThatThrownBy(() -> sandbox().renew(Duration.ZERO))
        .isInstanceOf(InvalidRequestException.class);
    assertThatThrownBy(() -> sandbox().renew(Duration.ofSeconds(-1)))
        .isInstanceOf(InvalidRequestException.class);
    assertThat(sandbox().state()).isEqualTo(SandboxState.RUNNING);
  }

  // ---- the provider itself ----

  @Test
  void aHealthCheckMakesNothing() {
    int before = ids(suite().labels()).size();
    provider().healthCheck();
    assertThat(before).isNotNegative();
  }

  @Test
  void itSaysOfItselfWhatIsTriedHere() {
    ProviderCapabilities said = provider().capabilities();

    assertThat(said.has(Capability.INTERACTIVE_SHELL)).isEqualTo(suite().has(Feature.TERMINAL));
    assertThat(said.has(Capability.SNAPSHOT)).isEqualTo(suite().has(Feature.SNAPSHOT));
    assertThat(said.all()).contains(Capability.STREAMING, Capability.FILE_UPLOAD);
  }

  private List<String> ids(Map<String, String> labels) {
    return provider().list(labels).stream().map(SandboxInfo::id).toList();
  }

  private static <T> List<T> inParallel(List<? extends Callable<T>> work) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<T> results = new ArrayList<>();
      for (Future<T> each : threads.invokeAll(work)) {
        results.add(each.get());
      }
      return results;
    }
  }
}
