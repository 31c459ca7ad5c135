package dev.dunes.server;

import static dev.dunes.server.Shop.INIT;
import static dev.dunes.server.Shop.echo;
import static org.assertj.core.api.Assertions.assertThat;

import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** A server that is killed while runs are under way, and the one that comes after it. */
class KilledServerTest {
  private static final int RUNS = 5;

  @TempDir Path directory;

  @Test
  void afterAKillNothingIsLeftAndEveryRunHasAnEnd() throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
    Files.createDirectory(directory.resolve("program"));
    Process server = start();
    List<RawClient> clients = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    try {
      for (int i = 0; i < RUNS; i++) {
        RawClient client = new RawClient(port());
        clients.add(client);
        client.post("/query", Shop.query(echo(INIT) + "sleep 600").toString());
        ids.add(client.readTo("\r\n\r\n").replaceAll("(?s).*X-Run-Id: (\\w+).*", "$1"));
        client.readTo(INIT + "\n\n");
      }
    } finally {
      server.destroyForcibly().waitFor();
    }
    for (RawClient client : clients) {
      client.close();
    }
    Files.delete(directory.resolve("port"));

    Process next = start();
    try (Sandboxes sandboxes = sandboxes()) {
      String rows = get("/runs");
      JsonNode runs = Shop.json(rows.substring(rows.indexOf("\r\n\r\n") + 4));
      assertThat(runs.valueStream().map(run -> run.get("id").asString()))
          .containsExactlyInAnyOrderElementsOf(ids);
      assertThat(runs.valueStream().map(run -> run.get("error").asString()))
          .containsOnly("server restarted");
      assertThat(runs.valueStream().map(run -> run.get("status").asString())).containsOnly("error");

      Instant limit = Instant.now().plus(Duration.ofSeconds(60));
      while (sandboxes.list(Map.of("sandstorm.managed", "true")).stream()
          .anyMatch(sandbox -> ids.contains(sandbox.labels().get("dunes.run")))) {
        assertThat(Instant.now()).isBefore(limit);
      }
    } finally {
      next.destroy();
      assertThat(next.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }
  }

  private Sandboxes sandboxes() {
    Map<String, String> variables = new HashMap<>(System.getenv());
    variables.put("DUNES_STATE", SharedPlace.state().toString());
    return Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
  }

  private Process start() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            System.getProperty("java.class.path"),
            ServerProcess.class.getName(),
            directory.toString());
    builder.environment().put("DUNES_STATE", SharedPlace.state().toString());
    builder.environment().put("ANTHROPIC_API_KEY", Shop.KEY);
    builder.redirectErrorStream(true).redirectOutput(directory.resolve("log").toFile());
    Process process = builder.start();
    Instant limit = Instant.now().plus(Duration.ofSeconds(60));
    while (!Files.exists(directory.resolve("port"))) {
      assertThat(process.isAlive()).as(() -> log()).isTrue();
      assertThat(Instant.now()).isBefore(limit);
      process.waitFor(20, TimeUnit.MILLISECONDS);
    }
    return process;
  }

  private String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  private int port() throws IOException {
    return Integer.parseInt(Files.readString(directory.resolve("port")));
  }

  private String get(String path) throws IOException {
    try (RawClient client = new RawClient(port())) {
      return client
          .send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
          .readAll();
    }
  }
}
