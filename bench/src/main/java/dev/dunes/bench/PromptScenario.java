package dev.dunes.bench;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.agent.InstallProgress;
import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a run costs before its model is asked, beside the same agent alone on the host. */
final class PromptScenario implements Scenario {
  static final String ALONE = "claude on the host";
  static final String FIRST = "until the model is asked";
  static final String ADDED = "added in a round";
  private static final Duration GRACE = Duration.ZERO;

  @Override
  public String name() {
    return "prompt";
  }

  @Override
  public String title() {
    return "A prompt";
  }

  @Override
  public String method() {
    return "From `POST /query` to the first byte of the first request at a model on loopback: the run is accepted, a sandbox is made, the real Claude Code starts in"
        + " it and asks through the gateway. In turns with the same program, with the same arguments and a fresh home, started on the host and asking directly. What is"
        + " added is the difference within a round.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    // A line for each request would be between the tables.
    System.setProperty("org.slf4j.simpleLogger.log.dev.dunes.access", "warn");
    SeriesBuilder series = new SeriesBuilder(ALONE);
    Agent agent = Agents.open(AgentSettings.current()).get("claude");
    Path program =
        agent.prepare(InstallProgress.SILENT).mounts().getFirst().source().resolve("claude");
    Path directory = bench.scratch();
    try (FirstAsked model = new FirstAsked()) {
      Map<String, String> environment = new HashMap<>(System.getenv());
      environment.put("ANTHROPIC_BASE_URL", model.uri());
      environment.put("ANTHROPIC_API_KEY", "measured");
      environment.put("DUNES_STATE", bench.state().toString());
      RunsConfig runs =
          RunsConfig.builder().directory(directory).environment(environment).agent(agent).build();
      DunesServer server =
          DunesServer.start(ServerConfig.builder(runs).host("127.0.0.1").port(0).build());
      try (HttpClient client =
          HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
        for (int round = -bench.rounds(3, 1); round < bench.rounds(20, 2); round++) {
          double alone = alone(program, directory.resolve("home-" + round), model);
          double dunes = ask(client, server, model);
          if (round >= 0) {
            series.add(FIRST, ALONE, Unit.MILLISECONDS, alone);
            series.add(FIRST, DunesEngine.NAME, Unit.MILLISECONDS, dunes);
            series.add(ADDED, DunesEngine.NAME, Unit.MILLISECONDS, dunes - alone);
          }
        }
      } finally {
        server.close(GRACE);
      }
    }
    return series.build();
  }

  private static double ask(HttpClient client, DunesServer server, FirstAsked model)
      throws IOException, InterruptedException {
    model.forget();
    HttpRequest request =
        HttpRequest.newBuilder(server.uri().resolve("/query"))
            .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"Say hello\"}"))
            .build();
    long start = System.nanoTime();
    String answer = client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    if (!answer.contains("\"result\"")) {
      throw new IOException("the run did not go as it should: " + answer);
    }
    return (model.first() - start) / 1e6;
  }

  /** With a home of its own, as every run has, and the settings a run would write. */
  private static double alone(Path program, Path home, FirstAsked model)
      throws IOException, InterruptedException {
    model.forget();
    ProcessBuilder builder =
        new ProcessBuilder(
            program.toString(),
            "-p",
            "--input-format",
            "stream-json",
            "--output-format",
            "stream-json",
            "--verbose",
            "--permission-mode",
            "bypassPermissions",
            "--allow-dangerously-skip-permissions",
            "--setting-sources",
            "user",
            "--strict-mcp-config");
    Files.writeString(
        Files.createDirectories(home.resolve(".claude")).resolve("settings.json"),
        "{\"permissions\":{\"allow\":[],\"deny\":[]},\"env\":{\"CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS\":\"1\"}}");
    builder.environment().clear();
    builder
        .environment()
        .putAll(
            Map.of(
                "HOME", home.toString(),
                "PATH", "/usr/bin:/bin",
                "IS_SANDBOX", "1",
                "ANTHROPIC_BASE_URL", model.uri(),
                "ANTHROPIC_AUTH_TOKEN", "measured",
                "ANTHROPIC_API_KEY", "",
                "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1",
                "DISABLE_AUTOUPDATER", "1",
                "ENABLE_TOOL_SEARCH", "0",
                "CLAUDE_CODE_MAX_RETRIES", "2"));
    builder.directory(home.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD);
    long start = System.nanoTime();
    Process process = builder.start();
    try (var in = process.getOutputStream()) {
      in.write(
          "{\"type\":\"user\",\"message\":{\"role\":\"user\",\"content\":\"Say hello\"}}\n"
              .getBytes(StandardCharsets.UTF_8));
    }
    process.getInputStream().readAllBytes();
    process.waitFor();
    return (model.first() - start) / 1e6;
  }
}
