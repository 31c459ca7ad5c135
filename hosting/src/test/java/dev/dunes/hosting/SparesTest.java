package dev.dunes.hosting;

import static dev.dunes.hosting.Ground.await;
import static dev.dunes.hosting.Ground.sh;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.SandboxInfo;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked for again and again is made ahead of need, and nobody can tell. */
class SparesTest {
  private static final int SPARES = 2;

  @TempDir Path directory;
  private Hosting hosting;
  private Account main;

  @BeforeEach
  void open() {
    hosting = new Hosting(Ground.config(directory).spares(SPARES).build());
    main = hosting.mainAccount();
  }

  @AfterEach
  void close() throws Exception {
    Ground.clear(hosting, main);
    hosting.close();
    await("nothing is left", () -> all().isEmpty());
  }

  private HostedSandbox make(SandboxRequest request) {
    return hosting.create(main, request);
  }

  private static SandboxRequest base() {
    return SandboxRequest.of("base");
  }

  private List<SandboxInfo> all() {
    return Ground.sandboxes().list(Map.of(Ledger.LABEL_LEDGER, ledger()));
  }

  private String ledger() {
    return HostingJson.MAPPER.readValue(
        directory.resolve("hosting").resolve("id.json").toFile(), String.class);
  }

  private Set<String> waiting() {
    return all().stream()
        .filter(info -> info.labels().containsKey(Spares.LABEL))
        .map(SandboxInfo::id)
        .collect(Collectors.toSet());
  }

  private void awaitSpares() {
    await("there are spares", () -> hosting.ready() == SPARES);
  }

  @Test
  void whatIsAskedForOnceIsNotMadeAheadOfNeed() {
    make(base());
    hosting.close();

    assertThat(waiting()).isEmpty();
    assertThat(all()).hasSize(1);
    open();
  }

  @Test
  void theThirdIsOneThatWaitedAndIsTheOneItsClientAskedFor() {
    make(base());
    make(base());
    awaitSpares();
    Set<String> waited = waiting();
    Instant then = Instant.now();

    HostedSandbox third = make(base().envs(Map.of("MINE", "yes")).timeout(Duration.ofSeconds(90)));

    List<String> at = Ground.atProvider(third.id());
    assertThat(waited).containsAll(at);
    assertThat(sh(hosting, main, third.id(), "echo $MINE $E2B_SANDBOX_ID"))
        .isEqualTo("yes %s\n".formatted(third.id()));
    assertThat(sh(hosting, main, third.id(), "ls -A /workspace /home/user | wc -l; ps ax | wc -l"))
        .isEqualTo(
            sh(
                hosting,
                main,
                make(base()).id(),
                "ls -A /workspace /home/user | wc -l; ps ax | wc -l"));
    SandboxInfo info =
        all().stream().filter(any -> any.id().equals(at.getFirst())).findFirst().orElseThrow();
    assertThat(info.createdAt().orElseThrow()).isAfterOrEqualTo(then);
    assertThat(info.deadline().orElseThrow()).isBefore(Instant.now().plusSeconds(110));
    assertThat(info.labels()).containsEntry(Ledger.LABEL_SANDBOX, third.id());
  }

  @Test
  void oneThatWaitsIsGivenAwayOnce() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      ids.addAll(Ground.atProvider(make(base()).id()));
    }

    assertThat(ids).hasSize(12).doesNotHaveDuplicates();
  }

  @Test
  void oneThatHasEndedWhileItWaitedIsNotGivenAway() {
    make(base());
    make(base());
    awaitSpares();
    waiting().forEach(id -> Ground.sandboxes().destroy("local", id));

    HostedSandbox made = make(base());

    assertThat(sh(hosting, main, made.id(), "echo here")).isEqualTo("here\n");
    awaitSpares();
  }

  @Test
  void thoseWithVolumesAreAlwaysMadeNow() {
    hosting.volumes().create(main, "mine");
    for (int i = 0; i < 3; i++) {
      make(base().volumes(Map.of("/mnt/mine", "mine")));
    }
    hosting.close();

    assertThat(waiting()).isEmpty();
    assertThat(all()).hasSize(3);
    open();
  }

  @Test
  void theServersEndIsTheirEnd() {
    make(base());
    make(base());
    awaitSpares();

    hosting.close();

    assertThat(waiting()).isEmpty();
    assertThat(all()).hasSize(2);
    open();
  }

  @Test
  void thoseOfAServerThatWasKilledAreEndedByTheNext() throws Exception {
    Path place = directory.resolve("killed");
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            HostingProcess.class.getName(),
            place.toString(),
            Integer.toString(SPARES));
    builder.environment().put("DUNES_STATE", Ground.state().toString());
    builder.environment().put("DUNES_PROVIDER", "local");
    builder.redirectError(directory.resolve("log").toFile());
    Process server = builder.start();
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).as(Files.readString(directory.resolve("log"))).isNotNull();
    } finally {
      server.destroyForcibly().waitFor();
    }
    String its = HostingJson.MAPPER.readValue(place.resolve("id.json").toFile(), String.class);
    Supplier<List<SandboxInfo>> left =
        () ->
            Ground.sandboxes().list(Map.of(Ledger.LABEL_LEDGER, its)).stream()
                .filter(info -> info.labels().containsKey(Spares.LABEL))
                .toList();
    assertThat(left.get()).isNotEmpty();

    try (Hosting next =
        new Hosting(HostingConfig.builder(place, Ground::sandboxes).limits(Ground.MANY).build())) {
      await("what waited for the other is ended", () -> left.get().isEmpty());
      Ground.clear(next, next.mainAccount());
    }
  }
}
