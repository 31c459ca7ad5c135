package dev.dunes.cli;

import dev.dunes.sandbox.spi.Check;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.Runs;
import dev.dunes.session.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the working directory and the environment say about runs and about a server. */
final class ProjectChecks {
  private static final int COLLECTOR_MILLIS = 3000;
  private static final int SHORTEST_KEY = 32;

  private final Console console;

  ProjectChecks(Console console) {
    this.console = console;
  }

  Diagnosis diagnose() {
    List<Check> checks = new ArrayList<>();
    try (Runs runs = new LocalRuns(console).open(Waiting.hidden(console))) {
      Map<String, String> problems = runs.health().problems();
      checks.add(file("sandstorm.json", Path.of("sandstorm.json"), problems));
      checks.add(file("limits.yaml", limits(runs.settings()), problems));
      int triggers = runs.triggers().all().size();
      if (triggers > 0) {
        checks.add(Check.ok("triggers", "%d, while `ds serve` runs".formatted(triggers)));
      }
      checks.add(key(runs.settings()));
      if (runs.settings().on("DUNES_TELEMETRY")) {
        checks.add(collector(runs.settings()));
      }
    } catch (Failure e) {
      checks.add(Check.fail("settings", String.valueOf(e.getMessage()), "set it right"));
    } catch (RunRefusedException e) {
      checks.add(Check.fail("settings", String.valueOf(e.getMessage()), "set it right"));
    }
    return new Diagnosis("project", checks);
  }

  private static Path limits(Settings settings) {
    return settings.get("DUNES_LIMITS").map(Path::of).orElse(Path.of("config/limits.yaml"));
  }

  private Check file(String name, Path path, Map<String, String> problems) {
    String problem = problems.get(name);
    if (problem != null) {
      return Check.fail(name, problem, "mend the file; until then nothing runs");
    }
    return Files.exists(console.directory().resolve(path))
        ? Check.ok(name, path + " is well-formed")
        : Check.ok(name, "there is none, so defaults hold");
  }

  private static Check key(Settings settings) {
    String key = settings.get("DUNES_API_KEY").orElse("");
    if (key.isEmpty()) {
      return Check.warn(
          "server key",
          "none: `ds serve` would answer everybody who reaches it",
          "set SANDSTORM_API_KEY to at least 32 characters before you serve others");
    }
    return key.length() < SHORTEST_KEY
        ? Check.fail(
            "server key",
            "SANDSTORM_API_KEY has %d characters".formatted(key.length()),
            "use at least 32")
        : Check.ok("server key", "set");
  }

  private static Check collector(Settings settings) {
    String url = settings.get("OTEL_EXPORTER_OTLP_ENDPOINT").orElse("http://localhost:4318");
    try (Socket socket = new Socket()) {
      URI uri = URI.create(url);
      int port = uri.getPort() > 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
      socket.connect(new InetSocketAddress(String.valueOf(uri.getHost()), port), COLLECTOR_MILLIS);
      return Check.ok("telemetry", url + " can be reached");
    } catch (IOException | IllegalArgumentException e) {
      return Check.fail(
          "telemetry",
          "%s cannot be reached: %s".formatted(url, e.getMessage()),
          "start a collector, set OTEL_EXPORTER_OTLP_ENDPOINT, or unset SANDSTORM_TELEMETRY");
    }
  }
}
