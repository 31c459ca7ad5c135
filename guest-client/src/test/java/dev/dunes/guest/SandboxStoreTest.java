package dev.dunes.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SandboxStoreTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final Instant NOW = Instant.parse("2025-03-04T05:06:07.123456789Z");

  private static final SandboxSpec EVERYTHING =
      SandboxSpec.builder()
          .image("snapshot:x")
          .language("python")
          .memoryMb(64)
          .cpuCores(0.5)
          .diskMb(10)
          .maxProcesses(20)
          .lifetime(Duration.ofMillis(90_500))
          .env("HOSTILE", "line\nbreak = '\"\\ \u00e9\ud83d\ude00 #!:")
          .env("EMPTY", "")
          .label("a/b", "c=d: e")
          .providerConfig("k.e y=", "v")
          .setupCommand("echo 'one\ntwo'")
          .setupCommand("two")
          .tolerateSetupFailure(true)
          .workingDir("/some where/else")
          .network(NetworkMode.HOST)
          .relay(new HostRelay(2000, Path.of("/run/a:b")))
          .relay(new HostRelay(2001, Path.of("/run/c")))
          .mount(new HostMount(Path.of("/srv/a:b=c"), "/opt/dunes/a b"))
          .mount(new HostMount(Path.of("/srv/d"), "/opt/dunes/d"))
          .isolation(IsolationTier.NAMESPACE)
          .detached()
          .build();

  @TempDir Path temp;

  private SandboxStore store() {
    return SandboxStore.open(settings(temp.toString()), "test");
  }

  private static ProviderSettings settings(String state) {
    return new ProviderSettings(Map.of("state_dir", state), Map.of());
  }

  private static SandboxRecord record(String id) {
    return new SandboxRecord(id, "test", EVERYTHING, NOW);
  }

  @Test
  void aRecordComesBackAsItWas() throws IOException {
    SandboxRecord written =
        record("abcdefabcdef")
            .withState(SandboxState.STOPPED)
            .withDeadline(NOW.plusSeconds(5))
            .withOwner(ProcessIdentity.current())
            .withGuest(new ProcessIdentity(5, 6, "boot:with:colons"))
            .withMetadata("limit memory", "64 MiB = yes\n")
            .withPath(Path.of("/sys/fs/cgroup/x y"))
            .withPath(Path.of("/second"));
    try (SandboxLock lock = store().create(written)) {
      lock.directory().write(written);
    }

    SandboxRecord read = store().find("abcdefabcdef").orElseThrow().read().orElseThrow();

    assertThat(read).usingRecursiveComparison().isEqualTo(written);
    assertThat(read.paused()).isTrue();
    assertThat(read.detached()).isTrue();
  }

  @Test
  void recordsArePrivate() throws IOException {
    try (SandboxLock lock = store().create(record("abcdefabcdef"))) {
      Path path = lock.directory().path();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
          .isEqualTo("rwx------");
      lock.directory().write(record("abcdefabcdef"));
      for (String name : List.of("making", "record", "lock")) {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path.resolve(name))))
            .as(name)
            .isEqualTo("rw-------");
      }
    }
  }

  @Test
  void directoriesThatAreNoSandboxesAreEmptyAndHarmless() throws IOException {
    SandboxStore store = store();
    Path directory = Files.createDirectories(store.path().resolve("halfmadehalf"));
    assertThat(store.find("halfmadehalf").orElseThrow().read()).isEmpty();
    for (String text :
        new String[] {"", "format=1\n", "format=2\nid=halfmadehalf\n", "\\u12", "format=1\nid=x"}) {
      Files.writeString(directory.resolve("record"), text);
      assertThat(store.find("halfmadehalf").orElseThrow().read()).as(text).isEmpty();
    }
    assertThat(store.find("../test/halfmadehalf")).isEmpty();
    assertThat(store.find("")).isEmpty();
    assertThat(store.find("UPPERCASEUPPER")).isEmpty();
  }

  @Test
  void aRecordUnderAnotherIdIsNotBelieved() throws IOException {
    SandboxStore store = store();
    store.create(record("aaaaaaaaaaaa")).close();
    Files.move(store.path().resolve("aaaaaaaaaaaa"), store.path().resolve("bbbbbbbbbbbb"));

    assertThat(store.find("bbbbbbbbbbbb").orElseThrow().read()).isEmpty();
  }

  @Test
  void oneHolderAtATime() throws Exception {
    SandboxStore store = store();
    SandboxLock first = store.create(record("abcdefabcdef"));
    SandboxDirectory directory = store.find("abcdefabcdef").orElseThrow();
    assertThat(directory.tryLock()).isEmpty();
    assertThatThrownBy(() -> directory.lock(Duration.ofMillis(20)))
        .isInstanceOf(SandboxTimeoutException.class);

    CountDownLatch got = new CountDownLatch(1);
    Thread waiter =
        Thread.ofVirtual()
            .start(() -> {
              try (SandboxLock second = directory.lock(SOON).orElseThrow()) {
                assertThat(second.directory()).isSameAs(directory);
                got.countDown();
              } catch (IOException e) {
                throw new AssertionError(e);
              }
            });
    first.close();

    assertThat(got.await(10, TimeUnit.SECONDS)).isTrue();
    waiter.join();
    directory.tryLock().orElseThrow().close();
  }

  @Test
  void whoeverWaitsForASandboxThatGoesAwayLearnsIt() throws Exception {
    SandboxStore store = store();
    SandboxLock lock = store.create(record("abcdefabcdef"));
    SandboxDirectory directory = store.find("abcdefabcdef").orElseThrow();
    java.util.concurrent.FutureTask<Optional<SandboxLock>> waiting =
        new java.util.concurrent.FutureTask<>(() -> directory.lock(SOON));
    Thread.ofVirtual().start(waiting);

    lock.directory().delete();
    lock.close();

    assertThat(waiting.get(10, TimeUnit.SECONDS)).isEmpty();
    assertThat(store.find("abcdefabcdef")).isEmpty();
    assertThat(store.path()).isEmptyDirectory();
  }

  @Test
  void whatIsRetiredIsOutOfSightUntilItIsRemovedOrSwept() throws IOException {
    SandboxStore store = store();
    for (String id : new String[] {"aaaaaaaaaaaa", "bbbbbbbbbbbb"}) {
      try (SandboxLock lock = store.create(record(id))) {
        assertThat(lock.directory().retire()).isTrue();
        assertThat(store.find(id)).isEmpty();
        store.removeRetired(id);
        assertThat(store.path().resolve(".gone-" + id)).as("its lock is held").exists();
      }
    }
    store.removeRetired("aaaaaaaaaaaa");
    store.removeRetired("aaaaaaaaaaaa");
    assertThat(store.path().toFile().list()).containsExactly(".gone-bbbbbbbbbbbb");
    store.sweep();
    assertThat(store.path()).isEmptyDirectory();
  }

  @Test
  void whatCannotBeRenamedIsRemovedWhereItIs() throws IOException {
    SandboxStore store = store();
    Path inTheWay = Files.createDirectories(store.path().resolve(".gone-aaaaaaaaaaaa/full"));
    try (SandboxLock lock = store.create(record("aaaaaaaaaaaa"))) {
      assertThat(lock.directory().retire()).isFalse();
      assertThat(lock.directory().path()).doesNotExist();
      assertThat(inTheWay).exists();
    }
  }

  @Test
  void whatKilledProcessesLeftUnfinishedIsSweptAtOnce() throws IOException {
    SandboxStore store = store();
    ProcessIdentity current = ProcessIdentity.current();
    ProcessIdentity gone =
        new ProcessIdentity(current.pid(), current.startTicks() - 1, current.boot());
    // killed right after the first step, and after the second
    Files.createDirectories(store.path().resolve(".new-aaaaaaaaaaaa-" + gone));
    Path locked = Files.createDirectories(store.path().resolve(".new-bbbbbbbbbbbb-" + gone));
    Files.createFile(locked.resolve("lock"));
    Path removed = Files.createDirectories(store.path().resolve(".gone-cccccccccccc/workspace"));
    Files.createFile(removed.resolveSibling("lock"));
    Files.createDirectories(store.path().resolve(".gone-dddddddddddd"));
    // its maker has made the lock file and is about to lock it
    Path young = Files.createDirectories(store.path().resolve(".new-eeeeeeeeeeee-" + current));
    Files.createFile(young.resolve("lock"));

    store.sweep();

    assertThat(store.path().toFile().list()).containsExactly(young.getFileName().toString());
  }

  /** As long as anything else is there, the lock tells whether its remover still lives. */
  @Test
  void theLockFileOfWhatIsRemovedGoesLast() throws Exception {
    SandboxStore store = store();
    try (SandboxLock lock = store.create(record("aaaaaaaaaaaa"))) {
      for (int i = 0; i < 3000; i++) {
        Files.createDirectory(lock.directory().resolve("entry" + i));
      }
      Path removing = store.path().resolve(".gone-aaaaaaaaaaaa");
      java.util.concurrent.FutureTask<Boolean> deleting =
          new java.util.concurrent.FutureTask<>(() -> {
            lock.directory().delete();
            return true;
          });
      Thread.ofPlatform().start(deleting);
      while (!deleting.isDone()) {
        String[] left = removing.toFile().list();
        if (left != null && Files.notExists(removing.resolve("lock"))) {
          assertThat(removing.toFile().list()).isIn(null, new String[0]);
        }
      }
      assertThat(deleting.get(10, TimeUnit.SECONDS)).isTrue();
    }
    assertThat(store.path()).isEmptyDirectory();
  }

  @Test
  void whatIsStillBeingMadeOrRemovedIsNotSwept() throws IOException {
    SandboxStore store = store();
    try (SandboxLock lock = store.create(record("aaaaaaaaaaaa"))) {
      Path busy = store.path().resolve(".gone-aaaaaaaaaaaa");
      Files.move(lock.directory().path(), busy);
      store.sweep();
      assertThat(busy).exists();
    }
    store.sweep();
    assertThat(store.path()).isEmptyDirectory();
  }

  @Test
  void stateRootsByPrecedence() {
    ProviderSettings both =
        new ProviderSettings(
            Map.of("state_dir", "/set"), Map.of("DUNES_STATE", "/env", "HOME", "/home/u"));
    assertThat(SandboxStore.stateRoot(both)).isEqualTo(Path.of("/set"));
    assertThat(SandboxStore.stateRoot(new ProviderSettings(Map.of(), both.environment())))
        .isEqualTo(Path.of("/env"));
    Path byDefault =
        SandboxStore.stateRoot(
            new ProviderSettings(Map.of(), Map.of("XDG_STATE_HOME", "/xdg", "HOME", "/home/u")));
    assertThat(byDefault).isIn(Path.of("/var/lib/dunes"), Path.of("/xdg/dunes"));
  }

  @Test
  void aStateDirectoryTooLongForSocketsIsRefusedWithARemedy() {
    assertThatThrownBy(() -> SandboxStore.open(settings("/" + "x".repeat(90)), "test"))
        .isInstanceOfSatisfying(
            ProviderException.class,
            e -> assertThat(e.remedy().orElseThrow()).contains("DUNES_STATE"));
  }

  @Test
  void idsAreOfTheDocumentedForm() {
    assertThat(SandboxStore.newId()).matches("[a-z0-9]{12,20}").isNotEqualTo(SandboxStore.newId());
  }
}
