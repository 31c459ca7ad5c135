package dev.dunes.session;

import static dev.dunes.session.Workshop.INIT;
import static dev.dunes.session.Workshop.RESULT;
import static dev.dunes.session.Workshop.SOON;
import static dev.dunes.session.Workshop.echo;
import static dev.dunes.session.Workshop.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run from its prompt to its last event, in real sandboxes. */
class RunsTest {
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

  @Test
  void passesOnWhatTheAgentSaysByteForByteAndEndsWithItsResult() {
    String odd = "{ \"type\" :\"assistant\",  \"x\":1.50, \"u\":\"\\u00e9 é\" }";
    Run run = shop.start(echo(INIT) + echo(odd) + echo(RESULT));

    assertThat(run.id()).matches("[0-9a-f]{8}");
    List<RunEvent> events = Workshop.events(run);

    assertThat(texts(events)).containsExactly(INIT, odd, RESULT);
    assertThat(events.stream().filter(RunEvent::terminal)).hasSize(1);
    RunRecord record = run.record();
    assertThat(record.status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(record.outcome()).isEqualTo("success");
    assertThat(record.costUsd()).hasValue(0.25);
    assertThat(record.turns()).hasValue(2);
    assertThat(record.agentSessionId()).contains("s-1");
    assertThat(record.model()).contains("m-1");
    assertThat(record.sandboxId()).isPresent();
    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(shop.sandboxes(run)).isEmpty();
    assertThat(shop.runs().active()).isZero();
    assertThat(shop.gateway.closed).contains(run.id());
  }

  @Test
  void linesThatAreNoMessagesBecomeEventsOfTheirOwn() {
    List<RunEvent> events =
        shop.run("echo plain; echo [1]; echo oops >&2; sleep 0.2; " + echo(RESULT));

    assertThat(texts(events))
        .contains(
            "{\"type\":\"stdout\",\"data\":\"plain\"}",
            "{\"type\":\"stdout\",\"data\":\"[1]\"}",
            "{\"type\":\"stderr\",\"data\":\"oops\"}")
        .last()
        .isEqualTo(RESULT);
  }

  @Test
  void aLineInManyPiecesAndALargeOneStayWhole() {
    String large = "{\"type\":\"assistant\",\"x\":\"" + "y".repeat(200_000) + "\"}";
    List<RunEvent> events =
        shop.run(
            "for i in 1 2 3 4 5; do printf '{\"type\":'; sleep 0.01; printf '\"a\",\"n\":'$i'}\\n'; done\n"
                + "printf '{\"type\":\"assistant\",\"x\":\"'; head -c 200000 /dev/zero | tr '\\0' y; echo '\"}'\n"
                + "printf '{\"b\":1}\\n{\"b\":2}\\n'\n"
                + echo(RESULT));

    assertThat(texts(events))
        .containsExactlyElementsOf(
            java.util.stream.Stream.of(
                    IntStream.rangeClosed(1, 5).mapToObj("{\"type\":\"a\",\"n\":%d}"::formatted),
                    java.util.stream.Stream.of(large, "{\"b\":1}", "{\"b\":2}", RESULT))
                .flatMap(s -> s)
                .toList());
  }

  @Test
  void anAgentThatEndsWithoutAResultHasCrashed() {
    Run run = shop.start(echo(INIT) + "exit 3");

    assertThat(texts(Workshop.events(run)))
        .last()
        .isEqualTo(
            "{\"type\":\"error\",\"error\":\"Agent process exited with code 3 before a result\","
                + "\"request_id\":\"%s\",\"code\":\"crashed\"}".formatted(run.id()));
    assertThat(run.record().status()).isEqualTo(RunStatus.ERROR);
    assertThat(run.record().outcome()).isEqualTo("crashed");
  }

  @Test
  void anAgentThatIsKilledHasCrashedPerhapsForWantOfMemory() {
    assertThat(texts(shop.run("kill -9 $$")))
        .singleElement()
        .asString()
        .contains("exited with code 137 before a result (killed, possibly out of memory)");
  }

  @Test
  void aSandboxThatDiesInTheMiddleIsACrash() {
    Run run = shop.start(echo(INIT) + "sleep 600");
    try (RunSubscription events = run.subscribe()) {
      assertThat(events.next()).isPresent();
      shop.sandboxes.destroy(run.record().sandboxId().orElseThrow());
      assertThat(events.next().map(Workshop::text).orElse("")).contains("\"code\":\"crashed\"");
      assertThat(events.next()).isEmpty();
    }
    assertThat(run.awaitCleanup(SOON)).isTrue();
  }

  @Test
  void aResultThatIsAnErrorIsNoCompletion() {
    String bad =
        "{\"type\":\"result\",\"subtype\":\"success\",\"is_error\":true,\"result\":\"bad model\"}";
    Run run = shop.start(echo(bad));

    assertThat(texts(Workshop.events(run))).containsExactly(bad);
    assertThat(run.record().status()).isEqualTo(RunStatus.ERROR);
    assertThat(run.record().error()).contains("bad model");
  }

  @Test
  void theTimeoutEndsARun() {
    shop.gateway.costUsd = 0.5;
    Run run = shop.start(echo(INIT) + "sleep 600", request -> request.timeoutSeconds(5));

    assertThat(texts(Workshop.events(run))).last().asString().contains("Run timed out after 5 s");
    assertThat(run.record().outcome()).isEqualTo("timeout");
    assertThat(run.record().costUsd()).hasValue(0.5);
    assertThat(run.awaitCleanup(Duration.ofSeconds(10))).isTrue();
    assertThat(shop.sandboxes(run)).isEmpty();
  }

  @Test
  void aSilentRunCanBeCancelledAndCancellingMayBeRepeated() {
    Run run = shop.start(echo(INIT) + "sleep 600");
    try (RunSubscription events = run.subscribe()) {
      assertThat(events.next()).isPresent();
      assertThat(shop.runs().cancel(run.id())).isInstanceOf(CancelOutcome.Cancelling.class);
      run.cancel();
      assertThat(events.next().map(Workshop::text).orElse(""))
          .contains("\"error\":\"cancelled by user\"", "\"code\":\"cancelled\"");
      assertThat(events.next()).isEmpty();
    }
    assertThat(run.record().outcome()).isEqualTo("cancelled");
    assertThat(run.awaitCleanup(Duration.ofSeconds(7))).isTrue();
    assertThat(shop.runs().cancel(run.id()))
        .isEqualTo(new CancelOutcome.NotRunning(RunStatus.ERROR));
    assertThat(shop.runs().cancel("ffffffff")).isInstanceOf(CancelOutcome.Unknown.class);
  }

  @Test
  void aRunWhoseListenerLeavesIsDisconnected() {
    for (int i = 0; i < 20; i++) {
      Run run = shop.start(echo(INIT) + "sleep 600");
      try (RunSubscription events = run.subscribe()) {
        assertThat(events.next()).isPresent();
      }
      assertThat(run.awaitCleanup(Duration.ofSeconds(5))).isTrue();
      assertThat(run.record().outcome()).isEqualTo("disconnected");
      assertThat(shop.sandboxes(run)).isEmpty();
      assertThat(shop.runs().active()).isZero();
    }
  }

  @Test
  void aListenerThatDoesNotReadHoldsTheAgentUpAndMissesNothing() throws InterruptedException {
    int lines = 3000;
    Run run =
        shop.start(
            "x=$(head -c 4000 /dev/zero | tr '\\0' z); i=0; while [ $i -lt "
                + lines
                + " ]; do echo \"{\\\"n\\\":$i,\\\"x\\\":\\\"$x\\\"}\"; i=$((i+1)); done\n"
                + echo(RESULT));
    try (RunSubscription events = run.subscribe()) {
      assertThat(run.awaitEnd(Duration.ofSeconds(2))).isFalse();
      List<RunEvent> all = new java.util.ArrayList<>();
      for (Optional<RunEvent> e = events.next(); e.isPresent(); e = events.next()) {
        all.add(e.get());
      }
      assertThat(all).hasSize(lines + 1);
      for (int n = 0; n < lines; n++) {
        assertThat(new String(all.get(n).json(), 0, 12, StandardCharsets.UTF_8))
            .startsWith("{\"n\":" + n + ",");
      }
    }
    assertThat(run.record().status()).isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void aRunWithoutProgressIsEndedAndOneWhoseToolRunsIsNot() {
    shop.set("DUNES_NO_PROGRESS_TIMEOUT", "1");

    assertThat(texts(shop.run(echo(INIT) + "sleep 600")))
        .last()
        .asString()
        .contains("No progress for 1 s", "\"code\":\"timeout\"");

    String use =
        "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"tool_use\",\"id\":\"t1\"}]}}";
    String done =
        "{\"type\":\"user\",\"message\":{\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t1\"}]}}";
    assertThat(texts(shop.run(echo(use) + "sleep 3\n" + echo(done) + echo(RESULT))))
        .containsExactly(use, done, RESULT);
  }

  @Test
  void anUnattendedRunNeedsNoListener() {
    Run run = shop.start(echo(INIT) + echo(RESULT), request -> request.unattended(true));

    assertThat(run.awaitCleanup(SOON)).isTrue();
    assertThat(run.record().status()).isEqualTo(RunStatus.COMPLETED);
    assertThat(texts(Workshop.events(run))).containsExactly(RESULT);
  }

  @Test
  void noKeyIsInTheSandboxOrInWhatItSays() {
    List<RunEvent> events =
        shop.run(
            "env; cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n'; grep -rs sk-ant /home /tmp; echo "
                + Workshop.KEY.substring(0, 20)
                + "''"
                + Workshop.KEY.substring(20)
                + " >&2; sleep 0.2; "
                + echo(RESULT),
            request ->
                request.keys(
                    new ProviderKeys(
                        Optional.of("sk-ant-of-the-request-987"),
                        Optional.empty(),
                        Optional.empty())));

    String all = String.join("\n", texts(events));
    assertThat(all)
        .contains("MODEL_TOKEN=run-token-", "HTTPS_PROXY=http://run:")
        .doesNotContain(Workshop.KEY, "sk-ant-of-the-request-987")
        .contains("{\"type\":\"stderr\",\"data\":\"***\"}");
  }

  @Test
  void aProviderKeyThatTheModelRefusesEndsTheRun() {
    Run run = shop.start(echo(INIT) + "sleep 600");
    try (RunSubscription events = run.subscribe()) {
      assertThat(events.next()).isPresent();
      shop.gateway
          .leases
          .getFirst()
          .listener()
          .accept(
              new dev.dunes.gateway.GatewayEvent.KeyRejected(
                  run.id(), java.time.Instant.now(), "anthropic", 401, "invalid x-api-key"));
      assertThat(events.next().map(Workshop::text).orElse(""))
          .contains(
              "The key was refused by anthropic (401): invalid x-api-key", "\"code\":\"auth\"");
    }
  }

  @Test
  void refusesWithoutAKey() {
    shop.environment.remove("ANTHROPIC_API_KEY");

    assertThatThrownBy(() -> shop.start("true"))
        .isInstanceOf(RunRefusedException.class)
        .hasMessageStartingWith("anthropic_api_key is required");
    assertThat(shop.runs().list(10)).isEmpty();
  }

  @Test
  void closingEndsWhatLives() {
    Run run = shop.start(echo(INIT) + "sleep 600");
    try (RunSubscription events = run.subscribe()) {
      assertThat(events.next()).isPresent();
      shop.runs().close(Duration.ofMillis(10));
      assertThat(events.next().map(Workshop::text).orElse("")).contains("\"code\":\"shutdown\"");
    }
    assertThat(shop.sandboxes(run)).isEmpty();
    assertThatThrownBy(() -> shop.start("true"))
        .isInstanceOf(RunRefusedException.class)
        .extracting(e -> ((RunRefusedException) e).reason())
        .isEqualTo(RunRefusedException.Reason.SHUTTING_DOWN);
  }

  @Test
  void closingLetsRunsFinishWithinTheGrace() {
    Run run = shop.start("sleep 1; " + echo(RESULT), request -> request.unattended(true));

    shop.runs().close(SOON);

    assertThat(run.record().status()).isEqualTo(RunStatus.COMPLETED);
  }

  @Test
  void limitsOfTheFileReachTheSandbox() throws IOException {
    shop.write("config/limits.yaml", "pids_limit: 64\nsession_timeout_seconds: 7\n");

    Run run = shop.start(echo(RESULT));

    assertThat(run.timeout()).isEqualTo(Duration.ofSeconds(7));
    assertThat(texts(Workshop.events(run)))
        .first()
        .asString()
        .isEqualTo(
            "{\"type\":\"warning\",\"message\":\"timeout reduced from 300 s to 7 s: limits.yaml allows no more\"}");
  }

  @Test
  void theRecordIsInTheStoreAndItsViewsAreBounded() {
    String prompt = echo(RESULT) + "#" + "ä".repeat(20_000);
    Run run =
        shop.start(
            prompt,
            request ->
                request.files(
                    InputFiles.of(
                        Map.of("a.txt", "secret text".getBytes(StandardCharsets.UTF_8)))));
    Workshop.events(run);

    var summary = shop.runs().summary(run.record());
    assertThat(summary.get("raw_prompt").asString()).hasSize(10_000);
    assertThat(summary.get("prompt").asString()).hasSize(100);
    assertThat(summary.at("/config_snapshot/files/a.txt").asInt()).isEqualTo(11);
    assertThat(summary.toString()).doesNotContain("secret text");
    var detail = shop.runs().detail(run.record());
    assertThat(detail.get("raw_prompt").asString()).isEqualTo(prompt);
    assertThat(detail.at("/config_snapshot/files/a.txt").asString()).isEqualTo("secret text");
    assertThat(detail.propertyNames())
        .containsExactly(
            "id",
            "prompt",
            "model",
            "status",
            "started_at",
            "cost_usd",
            "num_turns",
            "duration_secs",
            "error",
            "files_count",
            "feedback",
            "feedback_user",
            "raw_prompt",
            "agent_session_id",
            "sandbox_id",
            "team_id",
            "user_id",
            "channel_id",
            "thread_ts",
            "config_snapshot",
            "outcome");
  }
}
