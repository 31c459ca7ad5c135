package dev.dunes.hosting;

import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.hosting.HostingException.Reason;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** One server ends, in order or not; the next one goes on with its sandboxes. */
class RestartTest {
  @TempDir Path directory;

  @Test
  void whatAServerThatWasKilledHadIsLookedAfterByTheNext() throws Exception {
    Path place = directory.resolve("hosting");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            HostingProcess.class.getName(),
            place.toString());
    builder.environment().put("DUNES_STATE", Ground.state().toString());
    builder.environment().put("DUNES_PROVIDER", "local");
    builder.redirectError(directory.resolve("log").toFile());
    Process server = builder.start();
    String[] ids;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      assertThat(line).as(Files.readString(directory.resolve("log"))).isNotNull();
      ids = line.split(" ");
    } finally {
      server.destroyForcibly().waitFor();
    }
    Ground.await(
        "what was to live for 5 s has ended without a server",
        () -> {
          Ground.sandboxes().list(Map.of());
          return Ground.atProvider(ids[3]).isEmpty();
        });

    try (Hosting next = new Hosting(Ground.config(directory).build())) {
      Account main = next.mainAccount();
      assertThat(next.list(main)).extracting(HostedSandbox::id).contains(ids[0], ids[1], ids[2]);
      assertThat(Ground.sh(next, main, ids[0], "cat /workspace/mine")).isEqualTo("mine\n");
      assertThat(next.get(main, ids[1]).pausedWith()).contains(HostedSandbox.PauseKind.MEMORY);
      assertThat(next.get(main, ids[2]).pausedWith()).contains(HostedSandbox.PauseKind.DISK);
      for (int i = 1; i <= 2; i++) {
        next.resume(main, ids[i], Duration.ofSeconds(60));
        assertThat(Ground.sh(next, main, ids[i], "cat /workspace/mine")).isEqualTo("mine\n");
      }
      Ground.await("the brief one is forgotten", () -> next.list(main).size() == 3);
      LifeTest.assertRefused(Reason.NOT_FOUND, "(expired at ", () -> next.get(main, ids[3]));
      Ground.clear(next, main);
      Ground.await(
          "what has ended is removed",
          () -> place.resolve("sandboxes").toFile().list().length == 0);
    }
    // Other tests have sandboxes of their own there at the same time.
    String ledger = HostingJson.MAPPER.readValue(place.resolve("id.json").toFile(), String.class);
    assertThat(Ground.sandboxes().list(Map.of(Ledger.LABEL_LEDGER, ledger))).isEmpty();
    assertThat(place.resolve("sandboxes")).isEmptyDirectory();
  }

  @Test
  void whatAServerThatWasClosedHadGoesOn() {
    HostedSandbox made;
    try (Hosting hosting = new Hosting(Ground.config(directory).build())) {
      made =
          hosting.create(
              hosting.mainAccount(), SandboxRequest.of("base").metadata(Map.of("a", "b")));
      Ground.sh(hosting, hosting.mainAccount(), made.id(), "echo x > /workspace/x");
    }
    try (Hosting next = new Hosting(Ground.config(directory).build())) {
      HostedSandbox same = next.get(next.mainAccount(), made.id());
      assertThat(same.endAt()).isEqualTo(made.endAt());
      assertThat(same.metadata()).isEqualTo(made.metadata());
      assertThat(Ground.sh(next, next.mainAccount(), made.id(), "cat /workspace/x"))
          .isEqualTo("x\n");
      next.kill(next.mainAccount(), made.id());
    }
    assertThat(Ground.atProvider(made.id())).isEmpty();
  }

  @Test
  void whatEndedWhileNobodyLookedIsSaid() throws Exception {
    HostedSandbox made;
    try (Hosting hosting = new Hosting(Ground.config(directory).build())) {
      made =
          hosting.create(
              hosting.mainAccount(), SandboxRequest.of("base").timeout(Duration.ofSeconds(1)));
    }
    Ground.await("its time is over", () -> Instant.now().isAfter(made.endAt()));
    try (Hosting next = new Hosting(Ground.config(directory).build())) {
      Ground.await("it is ended", () -> next.list(next.mainAccount()).isEmpty());
      Ground.await("nothing is left", () -> Ground.atProvider(made.id()).isEmpty());
    }
  }

  @Test
  void whatWasWrittenBeforeThereWereRulesIsRead() throws Exception {
    HostedSandbox made;
    try (Hosting hosting = new Hosting(Ground.config(directory).build())) {
      made = hosting.create(hosting.mainAccount(), SandboxRequest.of("base"));
    }
    Path file = directory.resolve("hosting/sandboxes/" + made.id() + ".json");
    ObjectNode kept = (ObjectNode) HostingJson.MAPPER.readTree(Files.readAllBytes(file));
    assertThat(kept.remove("egress")).isNotNull();
    HostingJson.write(file, kept, false);
    try (Hosting next = new Hosting(Ground.config(directory).build())) {
      Account main = next.mainAccount();
      assertThat(next.get(main, made.id()).egress()).isEmpty();
      next.kill(main, made.id());
    }
  }

  @Test
  void whatCannotBeGrantedIsRefused() {
    try (Hosting hosting = new Hosting(Ground.config(directory).build())) {
      Account main = hosting.mainAccount();
      EgressRules rules = new EgressRules(List.of("example.com"), List.of());
      LifeTest.assertRefused(
          Reason.UNSUPPORTED,
          "no way out that keeps to rules",
          () -> hosting.create(main, SandboxRequest.of("base").egress(rules)));
      assertThat(hosting.list(main)).isEmpty();
      HostedSandbox made =
          hosting.create(main, SandboxRequest.of("base").egress(EgressRules.NOTHING));
      assertThat(made.offline()).isTrue();
      LifeTest.assertRefused(
          Reason.UNSUPPORTED,
          "no way out that keeps to rules",
          () -> hosting.setEgress(main, made.id(), rules));
      hosting.kill(main, made.id());
    }
  }

  @Test
  void oneServerAtATime() {
    try (Hosting first = new Hosting(Ground.config(directory).build());
        Hosting second = new Hosting(Ground.config(directory).build())) {
      HostedSandbox made = first.create(first.mainAccount(), SandboxRequest.of("base"));
      LifeTest.assertRefused(
          Reason.UNAVAILABLE, "another server", () -> second.list(second.mainAccount()));
      first.kill(first.mainAccount(), made.id());
      first.close();
      assertThat(second.list(second.mainAccount())).isEmpty();
      LifeTest.assertRefused(
          Reason.UNAVAILABLE,
          "shutting down",
          () -> {
            second.close();
            second.list(second.mainAccount());
          });
    }
  }

  @Test
  void whatCannotBeReadIsPutAside() throws Exception {
    Path sandboxes = directory.resolve("hosting/sandboxes");
    Files.createDirectories(sandboxes);
    Files.writeString(sandboxes.resolve("ibroken.json"), "{\"order\":");
    try (Hosting hosting = new Hosting(Ground.config(directory).build())) {
      assertThat(hosting.list(hosting.mainAccount())).isEmpty();
    }
    assertThat(sandboxes.resolve(".ibroken.json.unreadable")).exists();
  }

  @Test
  void keysAreSharedKeptAndNeverWrittenDown() throws Exception {
    ApiKeys here = new ApiKeys(directory.resolve("hosting"));
    ApiKeys there = new ApiKeys(directory.resolve("hosting"));
    assertThat(there.any()).isFalse();
    ApiKeys.Created made = here.create("first", Map.of("concurrent", "3"));
    assertThat(there.find(made.secret())).contains(made.key());
    assertThat(there.find("sk-sb-" + made.secret().substring(4))).contains(made.key());
    assertThat(there.find(made.secret() + "0")).isEmpty();
    assertThat(there.find(made.secret().substring(4))).isEmpty();
    String kept = Files.readString(directory.resolve("hosting/keys.json"));
    assertThat(kept).doesNotContain(made.secret().substring(12));
    assertThat(Files.getPosixFilePermissions(directory.resolve("hosting/keys.json"))).hasSize(2);
    assertThat(made.toString()).doesNotContain(made.secret().substring(12));
    assertThat(there.revoke(made.key().id())).isTrue();
    assertThat(there.revoke(made.key().id())).isFalse();
    assertThat(here.find(made.secret())).isEmpty();
    assertThat(here.list()).hasSize(1);
    assertThat(here.list().getFirst().revokedAt()).isPresent();
    for (Map<String, String> limits :
        List.of(
            Map.of("cpu", "0"),
            Map.of("lifetime", "90000"),
            Map.of("x", "1"),
            Map.of("disk", "a"))) {
      org.assertj.core.api.Assertions.assertThatThrownBy(() -> here.create("a", limits))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(Optional.of(here.list().size())).contains(1);
  }
}
