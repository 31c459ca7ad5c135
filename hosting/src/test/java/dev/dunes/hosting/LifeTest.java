package dev.dunes.hosting;

import static dev.dunes.hosting.Ground.await;
import static dev.dunes.hosting.Ground.memory;
import static dev.dunes.hosting.Ground.sh;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.hosting.HostingException.Reason;
import dev.dunes.sandbox.Command;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** Sandboxes are made, paused, resumed and ended, in time and within limits. */
class LifeTest extends HostingCase {
  private HostedSandbox base() {
    return hosting.create(main, SandboxRequest.of("base"));
  }

  static void assertRefused(Reason reason, String message, ThrowingCallable work) {
    assertThatThrownBy(work)
        .isInstanceOfSatisfying(
            HostingException.class,
            e -> {
              assertThat(e.reason()).isEqualTo(reason);
              assertThat(e.getMessage()).contains(message);
            });
  }

  @Test
  void aSandboxIsMadeUsedAndKilled() {
    HostedSandbox made =
        hosting.create(
            main,
            SandboxRequest.of("base")
                .timeout(Duration.ofSeconds(120))
                .metadata(Map.of("who", "me"))
                .envs(Map.of("GREETING", "hello there")));
    assertThat(made.id()).matches("i[a-z0-9]{20}");
    assertThat(made.template()).isEqualTo("base");
    assertThat(made.metadata()).containsEntry("who", "me");
    assertThat(Duration.between(made.startedAt(), made.endAt()))
        .isBetween(Duration.ofSeconds(119), Duration.ofSeconds(180));
    assertThat(sh(hosting, main, made.id(), "echo $GREETING $E2B_SANDBOX $E2B_SANDBOX_ID"))
        .isEqualTo("hello there true " + made.id() + "\n");
    assertThat(hosting.list(main)).extracting(HostedSandbox::id).containsExactly(made.id());

    hosting.kill(main, made.id());

    assertThat(Ground.atProvider(made.id())).isEmpty();
    assertThat(hosting.list(main)).isEmpty();
    assertRefused(Reason.NOT_FOUND, "(killed at ", () -> hosting.get(main, made.id()));
    assertRefused(Reason.NOT_FOUND, "(killed at ", () -> hosting.kill(main, made.id()));
    assertRefused(Reason.NOT_FOUND, "(never existed)", () -> hosting.get(main, "inever"));
  }

  @Test
  void whatCannotBeIsRefusedBeforeAnythingIsMade() {
    assertRefused(
        Reason.INVALID,
        "unknown template: foo",
        () -> hosting.create(main, SandboxRequest.of("foo")));
    assertRefused(
        Reason.INVALID,
        "Timeout must be greater than 0",
        () -> hosting.create(main, SandboxRequest.of("base").timeout(Duration.ZERO)));
    assertRefused(
        Reason.INVALID,
        "Timeout cannot be greater than 1 hours",
        () -> hosting.create(main, SandboxRequest.of("base").timeout(Duration.ofSeconds(3601))));
    assertRefused(
        Reason.INVALID, "envVars: 'A-B'", () -> SandboxRequest.of("base").envs(Map.of("A-B", "x")));
    assertThat(hosting.list(main)).isEmpty();
  }

  @Test
  void nobodySeesWhatBelongsToOthers() {
    HostedSandbox mine = base();
    ApiKeys.Created key = hosting.keys().create("other", Map.of("concurrent", "1"));
    Account other = hosting.account(key.secret()).orElseThrow();
    assertThat(hosting.list(other)).isEmpty();
    assertRefused(Reason.NOT_FOUND, "(never existed)", () -> hosting.get(other, mine.id()));
    assertRefused(Reason.NOT_FOUND, "", () -> hosting.kill(other, mine.id()));
    assertRefused(Reason.NOT_FOUND, "", () -> hosting.pause(other, mine.id(), Optional.empty()));
    assertRefused(Reason.NOT_FOUND, "", () -> sh(hosting, other, mine.id(), "true"));
    assertThat(hosting.events().newest(other, Optional.empty(), 100)).isEmpty();
    hosting.kill(main, mine.id());
    assertRefused(Reason.NOT_FOUND, "(never existed)", () -> hosting.get(other, mine.id()));
  }

  @Test
  void anAccountRunsAsManyAsItMay() {
    ApiKeys.Created key = hosting.keys().create("two", Map.of("concurrent", "2"));
    Account two = hosting.account(key.secret()).orElseThrow();
    try {
      HostedSandbox first = hosting.create(two, SandboxRequest.of("base"));
      hosting.create(two, SandboxRequest.of("base"));
      ThrowingCallable third = () -> hosting.create(two, SandboxRequest.of("base"));
      assertRefused(Reason.LIMIT_REACHED, "limit of 2 running", third);
      hosting.pause(two, first.id(), Optional.empty());
      HostedSandbox another = hosting.create(two, SandboxRequest.of("base"));
      assertRefused(
          Reason.LIMIT_REACHED,
          "limit of 2 running",
          () -> hosting.connect(two, first.id(), Duration.ofSeconds(60)));
      assertThat(hosting.get(two, first.id()).paused()).isTrue();
      hosting.kill(two, another.id());
      assertThat(hosting.connect(two, first.id(), Duration.ofSeconds(60)).resumed()).isTrue();
    } finally {
      Ground.clear(hosting, two);
    }
  }

  @Test
  void aHundredAtOnce() {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<CompletableFuture<HostedSandbox>> all =
          IntStream.range(0, 100)
              .mapToObj(i -> CompletableFuture.supplyAsync(this::base, threads))
              .toList();
      assertThat(all.stream().map(made -> made.join().id()).distinct()).hasSize(100);
    }
    assertThat(hosting.list(main)).hasSize(100);
    assertThat(hosting.bootTimes().get("base").count()).isEqualTo(100);
  }

  @Test
  void pausedWithMemoryItGoesOnWhereItWas() throws Exception {
    HostedSandbox made = base();
    HostedProcess counting =
        hosting.use(
            main,
            made.id(),
            open ->
                open.start(
                    Command.shellBuilder(
                            "i=0; while true; do i=$((i+1)); echo $i; sleep 0.02; done")
                        .detached()
                        .build(),
                    1 << 20));
    await(
        "it counts",
        () -> new String(counting.output(dev.dunes.sandbox.Channel.STDOUT)).contains("5\n"));
    HostedSandbox paused = hosting.pause(main, made.id(), Optional.empty());
    assertThat(paused.pausedWith()).contains(HostedSandbox.PauseKind.MEMORY);
    assertRefused(
        Reason.ALREADY_PAUSED,
        "Error pausing sandbox - sandbox '%s' is already paused".formatted(made.id()),
        () -> hosting.pause(main, made.id(), Optional.empty()));
    assertRefused(Reason.PAUSED, "is paused", () -> sh(hosting, main, made.id(), "true"));

    HostedSandbox again = hosting.resume(main, made.id(), Duration.ofSeconds(1));
    assertThat(again.paused()).isFalse();
    int seen = counting.output(dev.dunes.sandbox.Channel.STDOUT).length;
    await("it goes on", () -> counting.output(dev.dunes.sandbox.Channel.STDOUT).length > seen);
    assertRefused(
        Reason.ALREADY_RUNNING,
        "Sandbox %s is already running".formatted(made.id()),
        () -> hosting.resume(main, made.id(), Duration.ofSeconds(1)));
  }

  @Test
  void pausedToDiskItKeepsItsFilesAndUsesNothing() {
    HostedSandbox made = base();
    sh(hosting, main, made.id(), "echo kept > /workspace/file; echo kept > /home/user/file");
    String first = Ground.atProvider(made.id()).getFirst();
    for (int round = 0; round < 3; round++) {
      assertThat(hosting.pause(main, made.id(), memory(false)).pausedWith())
          .contains(HostedSandbox.PauseKind.DISK);
      assertThat(Ground.atProvider(made.id())).isEmpty();
      HostedSandbox again = hosting.resume(main, made.id(), Duration.ofSeconds(60));
      assertThat(again.id()).isEqualTo(made.id());
      assertThat(
              sh(
                  hosting,
                  main,
                  made.id(),
                  "cat /workspace/file /home/user/file; echo x >> /workspace/more; wc -l < /workspace/more"))
          .isEqualTo("kept\nkept\n%d\n".formatted(round + 1));
    }
    assertThat(Ground.atProvider(made.id())).hasSize(1).doesNotContain(first);
    hosting.kill(main, made.id());
    Ground.await(
        "nothing is left of what was saved",
        () -> {
          Ground.sandboxes().list(Map.of()); // which cleans up
          String[] left = Ground.state().resolve("snapshots").toFile().list();
          return left == null || left.length == 0;
        });
  }

  @Test
  void aPauseDoesNotUseUpItsTime() {
    HostedSandbox made =
        hosting.create(main, SandboxRequest.of("base").timeout(Duration.ofSeconds(2)));
    HostedSandbox paused = hosting.pause(main, made.id(), Optional.empty());
    await("its time would be over", () -> Instant.now().isAfter(made.endAt().plusSeconds(1)));
    assertThat(hosting.get(main, made.id()).paused()).isTrue();
    assertThat(paused.remaining()).isBetween(Duration.ofMillis(1), Duration.ofSeconds(2));
    assertThat(hosting.connect(main, made.id(), Duration.ofMinutes(1)).resumed()).isTrue();
    assertThat(sh(hosting, main, made.id(), "echo here")).isEqualTo("here\n");
  }

  @Test
  void itEndsWhenItsTimeIsOver() {
    HostedSandbox made =
        hosting.create(main, SandboxRequest.of("base").timeout(Duration.ofSeconds(1)));
    await("it has ended", () -> Ground.atProvider(made.id()).isEmpty());
    await("it is forgotten", () -> hosting.list(main).isEmpty());
    assertRefused(Reason.NOT_FOUND, "(expired at ", () -> hosting.get(main, made.id()));
  }

  @Test
  void orIsPausedThenAndWakes() {
    HostedSandbox made =
        hosting.create(
            main,
            SandboxRequest.of("base")
                .timeout(Duration.ofSeconds(1))
                .atEnd(true, true)
                .autoResume(true));
    await("it is paused", () -> hosting.get(main, made.id()).paused());
    assertThat(sh(hosting, main, made.id(), "echo awake")).isEqualTo("awake\n");
    assertThat(hosting.get(main, made.id()).paused()).isFalse();
  }

  @Test
  void timeoutsAreSetAndConnectOnlyExtends() {
    HostedSandbox made = base();
    hosting.setTimeout(main, made.id(), Duration.ofSeconds(1000));
    Instant end = hosting.get(main, made.id()).endAt();
    assertThat(end).isAfter(made.endAt());
    HostedSandbox same = hosting.connect(main, made.id(), Duration.ofSeconds(30)).sandbox();
    assertThat(same.endAt()).isEqualTo(end);
    assertThat(hosting.connect(main, made.id(), Duration.ofSeconds(2000)).sandbox().endAt())
        .isAfter(end);
    hosting.setTimeout(main, made.id(), Duration.ofSeconds(-5));
    await("it has ended", () -> Ground.atProvider(made.id()).isEmpty());
  }

  @Test
  void suspendedWhenIdleAndAwakeWithTheNextRequest() throws Exception {
    HostedSandbox made =
        hosting.create(main, SandboxRequest.of("base").idle(Duration.ofMillis(300)));
    hosting.use(
        main,
        made.id(),
        open -> {
          // One that is made now and that nobody uses is suspended after the same time.
          HostedSandbox clock =
              hosting.create(main, SandboxRequest.of("base").idle(Duration.ofMillis(300)));
          await("its time has passed", () -> hosting.get(main, clock.id()).paused());
          assertThat(hosting.get(main, made.id()).paused()).isFalse();
          hosting.kill(main, clock.id());
          return open.sandbox().exec("true");
        });
    await("it is suspended", () -> hosting.get(main, made.id()).paused());
    assertThat(hosting.get(main, made.id()).wakes()).isTrue();
    assertThat(sh(hosting, main, made.id(), "echo awake")).isEqualTo("awake\n");
    await("it is suspended again", () -> hosting.get(main, made.id()).paused());
  }

  @Test
  void oneThatEndedByItselfIsGone() {
    HostedSandbox made = base();
    Ground.sandboxes().destroy("local", Ground.atProvider(made.id()).getFirst());
    assertRefused(
        Reason.NOT_FOUND, "(ended by itself at ", () -> sh(hosting, main, made.id(), "true"));
    assertThat(hosting.list(main)).isEmpty();
  }

  @Test
  void eventsTellWhatHappened() {
    HostedSandbox made = base();
    hosting.setTimeout(main, made.id(), Duration.ofSeconds(60));
    hosting.pause(main, made.id(), Optional.empty());
    hosting.resume(main, made.id(), Duration.ofSeconds(60));
    hosting.kill(main, made.id());
    List<HostingEvent> events = hosting.events().newest(main, Optional.of(made.id()), 100);
    assertThat(events)
        .extracting(e -> e.type().wireName().replace("sandbox.lifecycle.", ""))
        .containsSubsequence("killed", "resumed", "paused", "updated", "created");
    assertThat(events.getFirst().data().get("execution"))
        .asInstanceOf(org.assertj.core.api.InstanceOfAssertFactories.MAP)
        .containsKeys("started_at", "vcpu_count", "memory_mb", "execution_time");
  }

  @Test
  void templatesSayWhatIsMissing() {
    List<TemplateStatus> all = hosting.templates().list();
    assertThat(all)
        .extracting(status -> status.template().id())
        .containsExactly("base", "code_interpreter", "claude", "codex", "desktop", "hermes");
    assertThat(all.getFirst().available()).isTrue();
    for (TemplateStatus status : all) {
      String said = status.template().id();
      if (status.available()) {
        hosting.kill(main, hosting.create(main, SandboxRequest.of(said)).id());
      } else {
        assertRefused(
            Reason.INVALID,
            "template '%s' is not available here".formatted(said),
            () -> hosting.create(main, SandboxRequest.of(said)));
        for (String bare : status.availableAs()) {
          assertThat(status.missing()).allMatch(name -> name.startsWith("python:"));
          HostedSandbox made = hosting.create(main, SandboxRequest.of(bare));
          assertThat(made.alias()).contains(bare);
          hosting.kill(main, made.id());
        }
      }
      HostedSandbox probe = base();
      for (String command : status.template().commands()) {
        String found = sh(hosting, main, probe.id(), "command -v " + command + " || true");
        assertThat(found.isBlank()).as(command).isEqualTo(status.missing().contains(command));
      }
      hosting.kill(main, probe.id());
    }
  }
}
