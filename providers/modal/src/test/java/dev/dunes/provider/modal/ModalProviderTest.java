package dev.dunes.provider.modal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import dev.dunes.sandbox.conformance.Shared;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is special about Modal. */
@Timeout(120)
class ModalProviderTest {
  @RegisterExtension static final Shared<FakeModal> FAKE = FakeModal.shared();

  private SandboxProvider provider;

  @BeforeEach
  void open() {
    FAKE.get().faults.seen.clear();
    provider = opened();
  }

  private static SandboxProvider opened(String... settings) {
    return new ModalSandboxProviderFactory().open(FAKE.get().settings(settings));
  }

  @AfterEach
  void nothingIsLeft() {
    provider.close();
    assertThat(FAKE.get().running()).isEmpty();
    assertThat(FAKE.get().images.snapshots()).isEmpty();
  }

  private static FakeBox box(Sandbox sandbox) {
    return FAKE.get().boxes.get(sandbox.id());
  }

  @ParameterizedTest
  @ValueSource(strings = {"1", "0"})
  void bothDialectsDoTheSame(String second) {
    try (SandboxProvider dialect = opened("modal_sandbox_v2", second);
        SandboxProvider other = opened();
        Sandbox made =
            dialect.create(SandboxSpec.builder().env("GIVEN", "a 'b'").label("d", second).build());
        Sandbox found = other.find(Map.of("d", second)).orElseThrow()) {
      assertThat(box(made).second()).isEqualTo(second.equals("1"));
      assertThat(found.id()).isEqualTo(made.id());
      ExecResult result = found.exec(Command.shellBuilder("echo $GIVEN$X").env("X", "=y").build());
      assertThat(result.stdout()).isEqualTo("a 'b'=y\n");
      assertThat(other.destroy(made.id())).isTrue();
      assertThat(made.state()).isEqualTo(SandboxState.TERMINATED);
    }
  }

  /** The fake shows three at a time. */
  @Test
  void listsArePagedAndEachIsShownOnce() {
    String run = UUID.randomUUID().toString();
    List<Sandbox> made = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      made.add(provider.create(SandboxSpec.builder().label("run", run).build()));
    }
    try (SandboxProvider other = opened()) {
      assertThat(other.list(Map.of("run", run)).stream().map(SandboxInfo::id))
          .containsExactlyInAnyOrderElementsOf(made.stream().map(Sandbox::id).toList());
      assertThat(other.find(Map.of("run", run)).map(Sandbox::id)).contains(made.getFirst().id());
    }
    made.forEach(Sandbox::close);
  }

  @Test
  void whatWasAskedForIsTold() {
    SandboxSpec spec =
        SandboxSpec.builder()
            .memoryMb(512)
            .cpuCores(0.5)
            .lifetime(Duration.ofMillis(90_500))
            .network(NetworkMode.NONE)
            .build();
    try (SandboxProvider strict = opened("modal_max_lifetime", "60");
        Sandbox sandbox = strict.create(spec)) {
      WireMessage definition = box(sandbox).definition;
      assertThat(definition.number(7)).as("never less than its lifetime").isEqualTo(91);
      assertThat(definition.message(5).number(2)).isEqualTo(512);
      assertThat(definition.message(5).number(5)).isEqualTo(512);
      assertThat(definition.message(5).number(3)).isEqualTo(500);
      assertThat(definition.message(22).number(1)).isEqualTo(2);
      assertThatThrownBy(() -> sandbox.renew(Duration.ofHours(1)))
          .isInstanceOfSatisfying(
              UnsupportedCapabilityException.class,
              thrown -> assertThat(thrown.remedy().orElseThrow()).contains("modal_max_lifetime"));
      sandbox.renew(Duration.ofSeconds(30));
    }
  }

  @Test
  void settingsOfTheProviderAreCheckedAndTold() {
    SandboxSpec.Builder spec = SandboxSpec.builder().providerConfig("gpu", "a100:2");
    spec.providerConfig("allowed_cidrs", "10.0.0.0/8, 1.2.3.4/32");
    try (Sandbox sandbox = provider.create(spec.build())) {
      // graphics processors are had in the first dialect only
      assertThat(box(sandbox).second()).isFalse();
      WireMessage definition = box(sandbox).definition;
      assertThat(definition.message(5).message(4).text(4)).isEqualTo("A100");
      assertThat(definition.message(5).message(4).number(2)).isEqualTo(2);
      assertThat(definition.message(22).number(1)).isEqualTo(3);
      assertThat(definition.message(22).texts(2)).containsExactly("10.0.0.0/8", "1.2.3.4/32");
    }
    for (Map.Entry<String, String> bad :
        Map.of("gpu", "x y", "allowed_domains", "a,,b", "unknown", "x").entrySet()) {
      assertThatThrownBy(() ->
              provider.create(
                  SandboxSpec.builder().providerConfig(bad.getKey(), bad.getValue()).build()))
          .isInstanceOf(InvalidRequestException.class)
          .hasMessageContaining(bad.getKey());
    }
  }

  @Test
  void variablesOfACommandAreNoPartOfTheRequest() {
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      ExecResult result =
          sandbox.exec(
              Command.shellBuilder("echo \"$A\"; echo \"$B\"")
                  .env("A", "it's $HOME `x`")
                  .env("B", "two\nlines")
                  .build());
      assertThat(result.stdout()).isEqualTo("it's $HOME `x`\ntwo\nlines\n");
    }
  }

  /** Nobody is there to end it, and Modal itself would do so a day later. */
  @Test
  void itEndsAtItsTimeThoughNobodyLooks() throws InterruptedException {
    SandboxSpec spec = SandboxSpec.builder().lifetime(Duration.ofSeconds(2)).detached(true).build();
    FakeBox box = box(provider.create(spec));
    assertThat(box.definition.number(7)).isEqualTo(86_400);
    box.ended.await();
    assertThat(box.status).as("by itself").isEqualTo(1);
  }

  /** More than Modal takes as arguments goes by way of a file that is gone when it begins. */
  @Test
  void longCommandsLeaveNoFile() {
    String word = "x'\n".repeat(30_000);
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      ExecResult result =
          sandbox.exec(
              Command.of(
                  "sh",
                  "-c",
                  "ls -A /tmp | grep -v deadline; printf %s \"$1\" | wc -c",
                  "x",
                  word));
      assertThat(result.stdout().strip()).isEqualTo("90000");
    }
  }

  @Test
  void muchIsCarriedBothWaysUnchanged(@TempDir Path local) throws Exception {
    int size = 100 << 20;
    Path source = local.resolve("source");
    Path target = local.resolve("target");
    Random random = new Random(42);
    byte[] block = new byte[1 << 20];
    try (OutputStream out = Files.newOutputStream(source)) {
      for (int i = 0; i < 100; i++) {
        random.nextBytes(block);
        out.write(block);
      }
    }
    try (Sandbox sandbox = provider.create(SandboxSpec.DEFAULT)) {
      FAKE.get().router().cutNextInputAfter.set(3_000_000);
      sandbox.files().upload(source, "deep/er/file");
      FAKE.get().router().cutNextReadAfter.set(30_000_000);
      sandbox.files().download("deep/er/file", target);
      assertThat(FAKE.get().router().cutNextReadAfter).hasValue(0);
      assertThat(Files.size(target)).isEqualTo(size);
      assertThat(sha256(target)).isEqualTo(sha256(source));
    }
  }

  private static byte[] sha256(Path file) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    try (InputStream in = Files.newInputStream(file)) {
      byte[] buffer = new byte[1 << 20];
      for (int count = in.read(buffer); count > 0; count = in.read(buffer)) {
        digest.update(buffer, 0, count);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return digest.digest();
  }

  // ---- pausing ----

  @Test
  void whatIsPausedGoesOnElsewhereUnderTheSameId() {
    String run = UUID.randomUUID().toString();
    SandboxSpec spec = SandboxSpec.builder().label("run", run).env("SECRET", "s 1").build();
    try (Sandbox sandbox = provider.create(spec)) {
      sandbox.files().write("file", "kept");
      sandbox.pause();
      sandbox.pause();
      assertThat(FAKE.get().running()).isEmpty();
      assertThatThrownBy(() -> sandbox.exec("true")).isInstanceOf(SandboxStateException.class);
      assertThat(sandbox.state()).isEqualTo(SandboxState.STOPPED);

      // another program, which knows no more than the vendor does
      try (SandboxProvider other = opened()) {
        assertThat(other.find(Map.of("run", run))).isEmpty();
        assertThat(other.list(Map.of("run", run)))
            .singleElement()
            .satisfies(info -> {
              assertThat(info.id()).isEqualTo(sandbox.id());
              assertThat(info.state()).isEqualTo(SandboxState.STOPPED);
            });
        try (Sandbox again = other.get(sandbox.id()).orElseThrow()) {
          again.resume();
          again.resume();
          assertThat(again.exec("cat file; echo $SECRET; ls -A").stdout())
              .isEqualTo("kepts 1\nfile\n");
        }
        assertThat(other.find(Map.of("run", run)).map(Sandbox::id)).contains(sandbox.id());
      }
      assertThat(sandbox.exec("echo on").stdout()).isEqualTo("on\n");
      sandbox.pause();
      sandbox.resume();
      assertThat(sandbox.files().readText("file")).isEqualTo("kept");
      assertThat(FAKE.get().running()).hasSize(1);
      assertThat(provider.list(Map.of("run", run))).hasSize(1);
    }
    assertThat(provider.list(Map.of("run", run))).isEmpty();
  }

  @Test
  void whatIsPausedCanBeDestroyed() {
    Sandbox sandbox = provider.create(SandboxSpec.DEFAULT);
    sandbox.pause();
    assertThat(provider.destroy(sandbox.id())).isTrue();
    assertThat(provider.destroy(sandbox.id())).isFalse();
    assertThat(provider.get(sandbox.id())).isEmpty();
    assertThat(sandbox.state()).isEqualTo(SandboxState.TERMINATED);
  }

  @Test
  void aForkByWhoeverFoundItHasItsVariables() {
    SandboxSpec spec = SandboxSpec.builder().env("SECRET", "s=1").build();
    try (Sandbox made = provider.create(spec);
        Sandbox found = provider.get(made.id()).orElseThrow();
        Sandbox fork = found.fork()) {
      assertThat(fork.exec("echo $SECRET").stdout()).isEqualTo("s=1\n");
    }
  }
}
