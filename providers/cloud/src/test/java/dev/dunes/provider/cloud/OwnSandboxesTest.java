package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored about sandboxes nobody else remembers, and what becomes of them. */
@Timeout(60)
class OwnSandboxesTest {
  private static final String ADDRESS = "https://vendor.example";
  private static final SandboxSpec SPEC =
      SandboxSpec.builder()
          .label("of", "test")
          .env("SECRET", "a secret value")
          .workingDir("/work dir")
          .lifetime(Duration.ofMinutes(5))
          .build();

  @TempDir Path temp;
  private Path state;
  private VendorFiles vendor;

  @BeforeEach
  void directories() throws IOException {
    state = Files.createDirectory(temp.resolve("state"));
    vendor = new VendorFiles(Files.createDirectory(temp.resolve("vendor")));
  }

  private OwnSandboxes open() {
    return vendor.open(state, ADDRESS);
  }

  private OwnRecord make(OwnSandboxes own, SandboxSpec spec) {
    String id = OwnSandboxes.newId();
    return own.make(id, spec, "mark-" + id, () -> vendor.make(id));
  }

  // ---- storing ----

  @Test
  void itIsStoredBeforeTheVendorHearsOfIt() {
    try (OwnSandboxes own = open();
        OwnSandboxes other = open()) {
      String id = OwnSandboxes.newId();
      OwnRecord made =
          own.make(
              id,
              SPEC,
              "mark",
              () -> {
                assertThat(other.look(id).orElseThrow().state()).isEqualTo(SandboxState.CREATING);
                assertThat(other.all()).extracting(OwnRecord::id).containsExactly(id);
                vendor.make(id);
              });

      assertThat(made.state()).isEqualTo(SandboxState.RUNNING);
      assertThat(other.find(id)).contains(made);
      assertThat(made.deadline().orElseThrow())
          .isBetween(Instant.now().plusSeconds(270), Instant.now().plusSeconds(300));
      assertThat(made.spec().workingDir()).contains("/work dir");
      assertThat(made.info("vendor", IsolationTier.MICROVM).labels())
          .isEqualTo(Map.of("of", "test"));
      assertThat(own.marked("mark")).containsExactly(id);
      assertThat(own.marked("other")).isEmpty();
      assertThat(vendor.ended).isEmpty();
    }
  }

  @Test
  void onlyTheUserReadsItAndNoVariableIsInIt() throws IOException {
    try (OwnSandboxes own = open()) {
      make(own, SPEC);
      try (Stream<Path> walk = Files.walk(state)) {
        for (Path path : walk.filter(each -> !each.equals(state)).toList()) {
          assertThat(Files.getPosixFilePermissions(path))
              .as("%s", path)
              .doesNotContain(
                  PosixFilePermission.GROUP_READ,
                  PosixFilePermission.GROUP_EXECUTE,
                  PosixFilePermission.OTHERS_READ,
                  PosixFilePermission.OTHERS_EXECUTE);
          if (Files.isRegularFile(path)) {
            assertThat(Files.readString(path, StandardCharsets.ISO_8859_1))
                .doesNotContain("SECRET", "secret");
          }
        }
      }
    }
  }

  @Test
  void anotherAddressHasOthers() {
    try (OwnSandboxes own = open();
        OwnSandboxes other = vendor.open(state, "https://other.example")) {
      String id = make(own, SPEC).id();

      assertThat(other.all()).isEmpty();
      assertThat(other.find(id)).isEmpty();
      assertThat(other.end(id)).isFalse();
      assertThat(vendor.sandboxes()).containsExactly(id);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "a/b", "nosuchsandboxatall", "UPPERCASEUPPERCASE", "a\0b"})
  void anUnknownIdIsUnknownWithoutAnyCall(String id) {
    try (OwnSandboxes own = open()) {
      assertThat(own.find(id)).isEmpty();
      assertThat(own.look(id)).isEmpty();
      assertThat(own.end(id)).isFalse();
      assertThatThrownBy(
              () -> own.renew(id, Duration.ofMinutes(1), () -> new SandboxNotFoundException("no")))
          .isInstanceOf(SandboxNotFoundException.class);
      assertThat(vendor.ended).isEmpty();
    }
  }

  @Test
  void aDamagedRecordIsSaidAndItsSandboxCanStillBeEnded() throws IOException {
    try (OwnSandboxes own = open()) {
      String id = make(own, SPEC).id();
      OwnRecord whole = make(own, SPEC);
      try (Stream<Path> walk = Files.walk(state)) {
        for (Path file : walk.filter(Files::isRegularFile).toList()) {
          if (file.getParent().endsWith(id) && !file.endsWith("lock")) {
            Files.writeString(file, "\0\0\0");
          }
        }
      }

      assertThat(own.all()).hasSize(2).contains(whole);
      OwnRecord shown = own.look(id).orElseThrow();
      assertThat(shown.state()).isEqualTo(SandboxState.ERROR);
      assertThat(shown.problem().orElseThrow()).contains("damaged").contains(id);
      assertThatThrownBy(() -> own.find(id))
          .isInstanceOfSatisfying(
              ProviderException.class,
              thrown ->
                  assertThat(thrown.remedy())
                      .contains("`ds destroy -p vendor %s` ends it".formatted(id)));
      assertThat(own.end(id)).isTrue();
      assertThat(vendor.sandboxes()).containsExactly(whole.id());
      assertThat(own.all()).containsExactly(whole);
    }
  }

  @Test
  void aDirectoryThatCannotBeWrittenIsSaid() throws IOException {
    Path file = Files.createFile(temp.resolve("file"));
    assertThatThrownBy(() -> vendor.open(file, ADDRESS))
        .isInstanceOfSatisfying(
            ProviderException.class,
            thrown -> assertThat(thrown.remedy().orElseThrow()).contains("DUNES_STATE"));
  }

  // ---- makings that fail ----

  @Test
  void aMakingThatFailsLeavesNothing() {
    try (OwnSandboxes own = open()) {
      String id = OwnSandboxes.newId();
      ProviderException failure = new ProviderException("no");

      assertThatThrownBy(() ->
              own.make(
                  id,
                  SPEC,
                  "mark",
                  () -> {
                    vendor.make(id);
                    throw failure;
                  }))
          .isSameAs(failure);
      assertThat(vendor.sandboxes()).isEmpty();
      assertThat(own.all()).isEmpty();
      assertThat(failure).hasNoSuppressedExceptions();
    }
  }

  @Test
  void whatAWrongKeyCouldNotMakeIsNotEnded() {
    try (OwnSandboxes own = open()) {
      assertThatThrownBy(() ->
              own.make(
                  OwnSandboxes.newId(),
                  SPEC,
                  "mark",
                  () -> {
                    throw new SandboxAuthenticationException("wrong key");
                  }))
          .isInstanceOf(SandboxAuthenticationException.class);
      assertThat(vendor.ended).isEmpty();
      assertThat(own.all()).isEmpty();
    }
  }

  @Test
  void whatCannotBeEndedNowIsEndedLater() {
    vendor.failing.set(1);
    ProviderException failure = new ProviderException("no");
    String id = OwnSandboxes.newId();
    try (OwnSandboxes own = open()) {
      assertThatThrownBy(() ->
              own.make(
                  id,
                  SPEC,
                  "mark",
                  () -> {
                    vendor.make(id);
                    throw failure;
                  }))
          .isSameAs(failure);
      assertThat(failure.getSuppressed()).hasSize(1);
    }

    try (OwnSandboxes next = open()) {
      assertThat(next.all()).isEmpty();
      assertThat(vendor.sandboxes()).isEmpty();
    }
  }

  // ---- ending ----

  @Test
  void anEndingThatFailsIsAFailureAndTriedAgain() {
    try (OwnSandboxes own = open()) {
      String id = make(own, SPEC).id();
      vendor.failing.set(Integer.MAX_VALUE);

      assertThatThrownBy(() -> own.end(id)).isInstanceOf(ProviderException.class);
      assertThat(vendor.sandboxes()).containsExactly(id);
      assertThat(own.find(id)).as("it is on its way out").isEmpty();
      vendor.failing.set(0);
      assertThat(own.all()).isEmpty();
      assertThat(vendor.sandboxes()).isEmpty();
    }
  }

  @Test
  void ofManyThatEndItOneDoes() throws Exception {
    try (OwnSandboxes own = open();
        OwnSandboxes other = open();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      String id = make(own, SPEC).id();
      Callable<Boolean> here = () -> own.end(id);
      Callable<Boolean> there = () -> other.end(id);
      List<Callable<Boolean>> work =
          Stream.concat(
                  Collections.nCopies(4, here).stream(), Collections.nCopies(4, there).stream())
              .toList();

      assertThat(threads.invokeAll(work)).extracting(done -> done.get()).containsOnlyOnce(true);
      assertThat(vendor.ended).containsExactly(id);
    }
  }

  @Test
  void itsDeadlineEndsItWithoutAnyLook() throws Exception {
    CountDownLatch ended = new CountDownLatch(1);
    ProviderSettings settings =
        new ProviderSettings(Map.of("state_dir", state.toString()), Map.of());
    try (OwnSandboxes own =
        new OwnSandboxes(settings, "vendor", URI.create(ADDRESS), id -> ended.countDown())) {
      own.make(
          OwnSandboxes.newId(),
          SandboxSpec.builder().lifetime(Duration.ofSeconds(1)).detached().build(),
          "mark",
          () -> {});

      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(own.all()).isEmpty();
    }
  }

  @Test
  void aDeadlineCanBeMoved() {
    try (OwnSandboxes own = open()) {
      OwnRecord made = make(own, SPEC);
      own.renew(made.id(), Duration.ofHours(2), () -> new SandboxNotFoundException("no"));

      assertThat(own.find(made.id()).orElseThrow().deadline().orElseThrow())
          .isAfter(Instant.now().plus(Duration.ofMinutes(110)));
    }
  }

  // ---- programs that are killed ----

  private Process maker(String when) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            VendorFiles.Maker.class.getName(),
            temp.resolve("vendor").toString(),
            state.toString(),
            ADDRESS,
            when)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  private String killedMaker(String when) throws Exception {
    Process process = maker(when);
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as(said).isEqualTo(137);
    return said.strip();
  }

  @ParameterizedTest
  @ValueSource(strings = {"before", "after", "done"})
  void whatAKilledProgramMadeIsEndedByTheNext(String when) throws Exception {
    String id = killedMaker(when);
    assertThat(id).hasSize(20);
    assertThat(vendor.sandboxes()).hasSize(when.equals("before") ? 0 : 1);

    try (OwnSandboxes next = open()) {
      assertThat(next.all()).isEmpty();
      assertThat(next.find(id)).isEmpty();
    }
    assertThat(vendor.sandboxes()).isEmpty();
    assertThat(vendor.ended).containsExactly(id);
  }

  @Test
  void whatAnotherProgramIsMakingIsLeftAlone() throws Exception {
    Process process = maker("waits");
    try (OwnSandboxes own = open();
        java.io.BufferedReader said = process.inputReader();
        java.io.Writer in = process.outputWriter()) {
      String id = said.readLine();

      assertThat(own.all()).extracting(OwnRecord::state).containsExactly(SandboxState.CREATING);
      assertThat(own.look(id).orElseThrow().state()).isEqualTo(SandboxState.CREATING);
      assertThat(vendor.ended).isEmpty();
      in.write("go on\n");
      in.flush();
      assertThat(said.readLine()).isEqualTo(id);
      assertThat(process.waitFor()).isEqualTo(137);
      assertThat(own.all()).extracting(OwnRecord::state).containsExactly(SandboxState.RUNNING);
      assertThat(vendor.sandboxes()).containsExactly(id);
      assertThat(vendor.ended).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  @Test
  void whatAKilledProgramMadeDetachedGoesOn() throws Exception {
    String id = killedMaker("detached");

    try (OwnSandboxes next = open()) {
      assertThat(next.find(id).orElseThrow().spec().detached()).isTrue();
      assertThat(next.all()).extracting(OwnRecord::id).containsExactly(id);
      assertThat(vendor.ended).isEmpty();
      assertThat(next.end(id)).isTrue();
    }
  }

  @Test
  void aVendorThatDoesNotAnswerHidesNothing() throws Exception {
    String id = killedMaker("after");
    vendor.failing.set(Integer.MAX_VALUE);
    try (OwnSandboxes own = open()) {
      OwnRecord other = make(own, SPEC);

      assertThat(own.all()).extracting(OwnRecord::id).containsExactlyInAnyOrder(id, other.id());
      vendor.failing.set(0);
      assertThat(own.all()).extracting(OwnRecord::id).containsExactly(other.id());
    }
  }
}
