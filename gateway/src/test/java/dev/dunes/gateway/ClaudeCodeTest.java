package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.scripted.ScriptedModel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;

/** The real agent behind the gateway; DUNES_TEST_CLAUDE names its program. */
@EnabledIfEnvironmentVariable(
    named = "DUNES_TEST_CLAUDE",
    matches = ".+",
    disabledReason = "DUNES_TEST_CLAUDE does not name a Claude Code program")
class ClaudeCodeTest {
  @TempDir Path directory;
  private final GatewayFixture fixture = new GatewayFixture(options -> options.loopbackPort(0));

  @AfterEach
  void close() {
    fixture.close();
  }

  private record Ended(int code, String output, Duration took) {}

  private Ended claude(GatewayLease lease, String prompt) throws Exception {
    Path work = Files.createTempDirectory(directory, "work");
    Path home = Files.createTempDirectory(directory, "home");
    List<String> line = new ArrayList<>(List.of(System.getenv("DUNES_TEST_CLAUDE"), "-p", prompt));
    line.addAll(List.of("--output-format", "stream-json", "--verbose", "--allowedTools", "Bash"));
    ProcessBuilder builder = new ProcessBuilder(line).directory(work.toFile());
    builder.redirectInput(Path.of("/dev/null").toFile()).redirectErrorStream(true);
    Map<String, String> env = builder.environment();
    env.clear();
    env.put("PATH", "/usr/bin:/bin");
    env.put("HOME", home.toString());
    env.put("LANG", "C.UTF-8");
    env.put("IS_SANDBOX", "1");
    env.put("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1");
    env.put("DISABLE_AUTOUPDATER", "1");
    env.put("ENABLE_TOOL_SEARCH", "0");
    env.put(
        "ANTHROPIC_BASE_URL",
        "http://127.0.0.1:" + fixture.gateway.address().orElseThrow().getPort());
    env.put("ANTHROPIC_AUTH_TOKEN", lease.token());
    env.put("ANTHROPIC_API_KEY", "");
    long start = System.nanoTime();
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor(90, TimeUnit.SECONDS)).isTrue();
    return new Ended(process.exitValue(), output, Duration.ofNanos(System.nanoTime() - start));
  }

  @Test
  void aRejectedKeyEndsItAtOnce() throws Exception {
    String error =
        "{\"type\":\"error\",\"error\":{\"type\":\"authentication_error\",\"message\":\"invalid"
            + " x-api-key\"}}";
    try (FakeProvider provider = FakeProvider.saying(401, "application/json", error);
        GatewayLease lease = fixture.anthropic(provider.base())) {
      Ended ended = claude(lease, "hi");
      assertThat(ended.code()).isEqualTo(1);
      assertThat(ended.output())
          .contains("\"is_error\":true")
          .contains("does not accept the key")
          .doesNotContain("api_retry");
      assertThat(ended.took()).isLessThan(Duration.ofSeconds(20)); // 189 s without the gateway
      assertThat(fixture.event(GatewayEvent.KeyRejected.class).status()).isEqualTo(401);
    }
  }

  @Test
  void aSpentBudgetEndsIt() throws Exception {
    try (ScriptedModel model = ScriptedModel.start();
        GatewayLease lease =
            fixture.lease(
                spec -> spec.upstream(GatewayFixture.anthropicAt(model.uri())).budgetUsd(1e-6))) {
      Ended ended = claude(lease, "Please do [[hello]]");
      assertThat(ended.code()).isEqualTo(1);
      assertThat(ended.output())
          .contains("the budget of this run is spent")
          .doesNotContain("api_retry");
      assertThat(fixture.event(GatewayEvent.BudgetExceeded.class).budgetUsd()).isEqualTo(1e-6);
    }
  }

  @Test
  void aRunIsRecordedAndReplayed() throws Exception {
    Path cassette = directory.resolve("tape.jsonl");
    try (ScriptedModel model = ScriptedModel.start();
        GatewayLease lease =
            fixture.lease(spec ->
                spec.upstream(GatewayFixture.anthropicAt(model.uri())).recordTo(cassette))) {
      Ended ended = claude(lease, "Please do [[hello]]");
      assertThat(ended.code()).as(ended.output()).isZero();
      assertThat(ended.output()).contains("hello.txt contains hi");
      assertThat(lease.usage().requests()).isGreaterThanOrEqualTo(2);
      assertThat(model.requests())
          .allSatisfy(request ->
              assertThat(request.headers().toString())
                  .contains(GatewayFixture.KEY)
                  .doesNotContain(lease.token()));
    }
    assertThat(Files.readString(cassette))
        .doesNotContain("You are Claude Code")
        .doesNotContain("system-reminder")
        .doesNotContain(GatewayFixture.KEY);
    try (GatewayLease lease = fixture.lease(spec -> spec.replayFrom(cassette))) {
      Ended ended = claude(lease, "Please do [[hello]]");
      assertThat(ended.code()).as(ended.output()).isZero();
      assertThat(ended.output()).contains("hello.txt contains hi");
    }
    assertThat(fixture.seen()).noneMatch(GatewayEvent.ReplayMismatch.class::isInstance);
  }
}
