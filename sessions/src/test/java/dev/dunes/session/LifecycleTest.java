package dev.dunes.session;

import static dev.dunes.session.Workshop.RESULT;
import static dev.dunes.session.Workshop.SOON;
import static dev.dunes.session.Workshop.echo;
import static dev.dunes.session.Workshop.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Places, queues, beginnings that fail, and what is left over. */
class LifecycleTest {
  @TempDir Path directory;
  private Workshop shop;

  @BeforeEach
  void open() throws IOException {
    shop = new Workshop(directory);
  }

  @AfterEach
  void close() {
    shop.close();
  }

  /** Waits in its preparation, as one does that is downloaded. */
  private static final class SlowAgent extends ScriptAgent {
    final CountDownLatch waiting = new CountDownLatch(1);

    SlowAgent(Path program) {
      super(program);
    }

    @Override
    public AgentPlacement prepare(InstallProgress progress) {
      waiting.countDown();
      try {
        new CountDownLatch(1).await();
        throw new IllegalStateException("nobody opens this latch");
      } catch (InterruptedException e) {
        throw new AgentException("interrupted", "interrupted", null, e);
      }
    }
  }

  @Test
  void aRunCanBeCancelledBeforeItsSandboxExists() throws Exception {
    SlowAgent slow = new SlowAgent(directory.resolve("program"));
    shop.with(slow);
    Run run = shop.start("true");
    slow.waiting.await();

    assertThat(shop.runs().cancel(run.id())).isInstanceOf(CancelOutcome.Cancelling.class);

    assertThat(texts(Workshop.events(run)))
        .singleElement()
        .asString()
        .contains("cancelled by user");
    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().sandboxId()).isEmpty();
    assertThat(shop.runs().active()).isZero();
  }

  @Test
  void aListenerThatLeavesBeforeTheSandboxExistsEndsTheRun() throws Exception {
    SlowAgent slow = new SlowAgent(directory.resolve("program"));
    shop.with(slow);
    Run run = shop.start("true");
    slow.waiting.await();

    run.subscribe().close();

    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().outcome()).isEqualTo("disconnected");
  }

  @Test
  void anAgentThatCannotBeInstalledIsSaidWithItsRemedy() {
    shop.with(
        new ScriptAgent(directory.resolve("program")) {
          @Override
          public AgentPlacement prepare(InstallProgress progress) {
            throw new AgentException("install_failed", "no registry", "set a mirror", null);
          }
        });
    Run run = shop.start("true");

    assertThat(texts(Workshop.events(run)))
        .singleElement()
        .asString()
        .contains("no registry (set a mirror)");
    assertThat(run.record().outcome()).isEqualTo("agent_error");
  }

  @Test
  void aThousandMilesOfFailedStartsLeaveNoPlaceTaken() throws IOException {
    shop.write("config/limits.yaml", "max_concurrent_agents: 1\n");
    shop.write("sandstorm.json", "{\"mcp_servers\":{\"a\":{\"command\":\"${MISSING}\"}}}");
    for (int i = 0; i < 200; i++) {
      Run run = shop.start("true", request -> request.unattended(true));
      assertThat(run.awaitCleanup(SOON)).isTrue();
      assertThat(run.record().outcome()).isEqualTo("error");
    }
    assertThat(shop.runs().active()).isZero();
    Files.delete(directory.resolve("sandstorm.json"));
    assertThat(texts(shop.run(echo(RESULT)))).containsExactly(RESULT);
  }

  @Test
  void whoWaitsInTheQueueGetsAPlaceInTime() throws Exception {
    shop.write("config/limits.yaml", "max_concurrent_agents: 1\nqueue_timeout_seconds: 30\n");
    Run first = shop.start("sleep 600", request -> request.unattended(true));
    Thread ending =
        Thread.ofVirtual()
            .start(() -> {
              assertThat(first.awaitEnd(Duration.ofMillis(300))).isFalse();
              first.cancel();
            });

    assertThat(texts(shop.run(echo(RESULT)))).containsExactly(RESULT);
    ending.join();
  }

  @Test
  void whoIsInterruptedInTheQueueLeavesIt() throws Exception {
    shop.write("config/limits.yaml", "max_concurrent_agents: 1\nqueue_timeout_seconds: 30\n");
    Run first = shop.start("sleep 600", request -> request.unattended(true));
    List<Throwable> thrown = new CopyOnWriteArrayList<>();
    Thread waiting =
        Thread.ofVirtual()
            .start(() -> {
              try {
                shop.start("true");
              } catch (RuntimeException e) {
                thrown.add(e);
              }
            });
    waiting.interrupt();
    waiting.join();

    assertThat(thrown)
        .singleElement()
        .isInstanceOf(dev.dunes.sandbox.SandboxInterruptedException.class);
    first.cancel();
    assertThat(first.awaitCleanup(SOON)).isTrue();
    assertThat(shop.runs().active()).isZero();
  }

  private Sandbox leftOver(Map<String, String> labels) {
    return shop.sandboxes.create(
        SandboxSpec.builder().labels(labels).lifetime(Duration.ofMinutes(5)).detached().build());
  }

  @Test
  void leftoversOfEndedProcessesAreDestroyedAndNothingElse() throws IOException {
    Ownership ownership = Ownership.of(directory.resolve(".sandstorm"));
    Instant later = Instant.now().plusSeconds(600);
    Map<String, String> own = ownership.labels("aaaaaaaa", later, false);
    String dead = ProcessMark.current().toString().replaceAll("/\\d+/\\d+$", "/999999999/1");
    Sandbox ofDead = leftOver(with(own, Ownership.PROCESS, dead));
    Sandbox keptOfDead = leftOver(with(with(own, Ownership.PROCESS, dead), Ownership.KEEP, "true"));
    Sandbox ofAnotherHost = leftOver(with(own, Ownership.PROCESS, "elsewhere/1/1"));
    Sandbox ofAnotherDirectory =
        leftOver(with(with(own, Ownership.PROCESS, dead), Ownership.INSTANCE, "x"));
    Sandbox pastItsTime =
        leftOver(
            with(
                with(own, Ownership.INSTANCE, "x"),
                Ownership.DEADLINE,
                Long.toString(Instant.now().minusSeconds(61).getEpochSecond())));
    Sandbox notOurs = leftOver(Map.of("mine", "true"));
    Run live = shop.start("sleep 600", request -> request.unattended(true));

    shop.runs().reap();

    assertThat(shop.sandboxes.list(Map.of()).stream().map(dev.dunes.sandbox.SandboxInfo::id))
        .contains(keptOfDead.id(), ofAnotherHost.id(), ofAnotherDirectory.id(), notOurs.id())
        .doesNotContain(ofDead.id(), pastItsTime.id());
    live.cancel();
    assertThat(live.awaitCleanup(SOON)).isTrue();
    assertThat(live.record().outcome()).isEqualTo("cancelled");
    for (Sandbox sandbox : List.of(keptOfDead, ofAnotherHost, ofAnotherDirectory, notOurs)) {
      sandbox.destroy();
    }
  }

  @Test
  void aSandboxOfThisProcessWithoutALiveRunIsLeftOver() throws IOException {
    Ownership ownership = Ownership.of(directory.resolve(".sandstorm"));
    Sandbox sandbox = leftOver(ownership.labels("bbbbbbbb", Instant.now().plusSeconds(60), false));

    assertThat(new Reaper(shop.sandboxes, ownership, () -> Set.of("bbbbbbbb")).pass()).isZero();
    assertThat(new Reaper(shop.sandboxes, ownership, Set::of).pass()).isEqualTo(1);
    assertThat(sandbox.destroy()).isFalse();
  }

  private static Map<String, String> with(Map<String, String> labels, String name, String value) {
    Map<String, String> changed = new java.util.HashMap<>(labels);
    changed.put(name, value);
    return changed;
  }

  @Test
  void observersHearEverythingAndMayFail() {
    List<String> heard = new CopyOnWriteArrayList<>();
    shop.with(
        new RunObserver() {
          @Override
          public void started(RunRecord run) {
            heard.add("started");
            throw new IllegalStateException("an observer that fails");
          }

          @Override
          public void phase(RunRecord run, Phase phase, Instant began, Duration took) {
            heard.add(phase.wireName());
          }

          @Override
          public void sandboxOpened(RunRecord run, String provider) {
            heard.add("opened " + provider);
          }

          @Override
          public void sandboxClosed(RunRecord run, String provider) {
            heard.add("closed " + provider);
          }

          @Override
          public void ended(RunRecord run) {
            heard.add("ended " + run.outcome());
          }

          @Override
          public void refused(RunRefusedException.Reason reason) {
            heard.add("refused " + reason);
          }
        });
    Run run = shop.start(echo(RESULT));
    Workshop.events(run);
    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThatThrownBy(() -> shop.start("true", request -> request.resume("no")))
        .isInstanceOf(RunRefusedException.class);

    assertThat(heard)
        .containsExactly(
            "started",
            "opened local",
            "sandbox.create",
            "sandbox.upload_skills",
            "agent.execute",
            "query",
            "ended success",
            "closed local",
            "sandbox.cleanup",
            "refused UNKNOWN_SESSION");
  }

  @Test
  void aProviderWithoutRelaysNeedsAnAddressOfTheGateway() throws IOException {
    Settings settings = new Settings(Map.of(), directory);
    Doors doors = new Doors(options -> shop.gateway, settings);
    var far = new FarProvider();

    assertThatThrownBy(() -> doors.open(far, "Far")).hasMessageContaining("set DUNES_GATEWAY_URL");
    Files.writeString(directory.resolve(".env"), "DUNES_GATEWAY_URL=https://gw.example.com/x/\n");
    assertThat(doors.open(far, "Far").baseUrl()).isEqualTo("https://gw.example.com/x");
    assertThat(doors.open(far, "Far").relays()).isEmpty();
    doors.close();
    assertThat(shop.gateway.closed).contains("gateway");
  }

  /** One that is far away. */
  private static final class FarProvider implements dev.dunes.sandbox.spi.SandboxProvider {
    @Override
    public String name() {
      return "far";
    }

    @Override
    public dev.dunes.sandbox.ProviderCapabilities capabilities() {
      return dev.dunes.sandbox.ProviderCapabilities.NONE;
    }

    @Override
    public Sandbox create(SandboxSpec spec) {
      throw new UnsupportedOperationException("nobody makes one");
    }

    @Override
    public Optional<Sandbox> get(String id) {
      return Optional.empty();
    }

    @Override
    public List<dev.dunes.sandbox.SandboxInfo> list(Map<String, String> labels) {
      return List.of();
    }

    @Override
    public boolean destroy(String id) {
      return false;
    }
  }
}
