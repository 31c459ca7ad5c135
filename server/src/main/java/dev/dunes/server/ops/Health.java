package dev.dunes.server.ops;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Keys;
import dev.dunes.session.Runs;
import dev.dunes.session.RunsHealth;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** The answer to {@code GET /health}. Query API 2.6. */
final class Health {
  private static final Duration KEPT = Duration.ofSeconds(10);

  private record Checked(boolean sandbox, long at) {}

  private final Runs runs;
  private final Keys keys;
  private final String version;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Checked last;

  Health(Runs runs, Keys keys, String version) {
    this.runs = runs;
    this.keys = keys;
    this.version = version;
  }

  ObjectNode report(Exchange exchange) {
    boolean trusted = keys.admits(exchange);
    RunsHealth health = runs.health();
    ObjectNode report = Json.object().put("status", "ok").put("version", version);
    if (trusted) {
      Optional<String> provider = health.provider();
      report.put("sandbox_backend", provider.orElse("none"));
      report
          .putObject("api_keys")
          .put("anthropic", health.isSet("ANTHROPIC_API_KEY"))
          .put("openrouter", health.isSet("OPENROUTER_API_KEY"));
    }
    if (exchange.query("deep").filter(Health::yes).isPresent()) {
      boolean sandbox = sandboxWorks(health);
      ObjectNode checks = report.putObject("checks");
      if (trusted) {
        checks.put("anthropic_api_key", health.modelConfigured());
        checks.put("e2b_api_key", health.isSet("E2B_API_KEY"));
      }
      checks.put("sandbox", sandbox);
      if (!sandbox) {
        report.put("status", "degraded");
      }
    }
    return report;
  }

  /** Asked at most every 10 s: anybody may ask. */
  private boolean sandboxWorks(RunsHealth health) {
    lock.lock();
    try {
      long now = System.nanoTime();
      if (last == null || now - last.at() > KEPT.toNanos()) {
        last = new Checked(health.sandboxesWork(), now);
      }
      return last.sandbox();
    } finally {
      lock.unlock();
    }
  }

  private static boolean yes(String value) {
    return value.equalsIgnoreCase("true") || value.equals("1") || value.equalsIgnoreCase("yes");
  }
}
