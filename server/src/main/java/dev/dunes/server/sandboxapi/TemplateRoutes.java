package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.AccountLimits;
import dev.dunes.hosting.BuiltTemplate;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.Template;
import dev.dunes.hosting.TemplateStatus;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.hosted.TemplateJson;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Templates, and what is measured, over HTTP. Sandbox API 2.5. */
final class TemplateRoutes {
  private final Hosting hosting;

  TemplateRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("GET", "/templates", this::list),
        gate.route("GET", "/templates/{id}", this::get),
        gate.route("GET", "/stats", this::stats));
  }

  private Reply list(Exchange exchange, Account account) {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.templates().list().forEach(status -> rows.add(json(status)));
    hosting.builds().list(account).stream().map(TemplateJson::row).forEach(rows::add);
    return Reply.json(200, rows);
  }

  private Reply get(Exchange exchange, Account account) {
    String id = exchange.parameter("id");
    Optional<BuiltTemplate> built = hosting.builds().find(account, id);
    if (built.isPresent()) {
      return Reply.json(200, TemplateJson.whole(built.get()));
    }
    Template template =
        hosting
            .templates()
            .find(id)
            .orElseThrow(() -> Failures.notFound("template '%s' was not found".formatted(id)));
    return Reply.json(200, json(hosting.templates().status(template)));
  }

  private static ObjectNode json(TemplateStatus status) {
    Template template = status.template();
    ObjectNode json = Json.object().put("templateID", template.id());
    ArrayNode aliases = json.putArray("aliases");
    template.aliases().forEach(aliases::add);
    json.put("description", template.description());
    SandboxJson.putNumber(json, "cpuCount", template.cpuCores());
    json.put("memoryMB", template.memoryMb())
        .put("diskSizeMB", template.diskMb())
        .put("timeout", template.timeout().toSeconds())
        .put("available", status.available());
    if (!status.missing().isEmpty()) {
      ArrayNode missing = json.putArray("missing");
      status.missing().forEach(missing::add);
    }
    if (!status.availableAs().isEmpty()) {
      ArrayNode names = json.putArray("availableAs");
      status.availableAs().forEach(names::add);
    }
    status.problem().ifPresent(problem -> json.put("reason", problem));
    return json;
  }

  private Reply stats(Exchange exchange, Account account) {
    ObjectNode json = Json.object();
    ObjectNode boots = json.putObject("boot");
    hosting
        .bootTimes()
        .forEach((template, stats) ->
            boots
                .putObject(template)
                .put("count", stats.count())
                .put("p50Ms", millis(stats.p50()))
                .put("p95Ms", millis(stats.p95()))
                .put("p99Ms", millis(stats.p99()))
                .put("maxMs", millis(stats.max())));
    List<HostedSandbox> all = hosting.list(account);
    long paused = all.stream().filter(HostedSandbox::paused).count();
    json.putObject("sandboxes").put("running", all.size() - paused).put("paused", paused);
    AccountLimits limits = account.limits();
    ObjectNode most = json.putObject("limits").put("lifetime", limits.lifetime().toSeconds());
    SandboxJson.putNumber(most, "cpuCount", limits.cpuCores());
    most.put("memoryMB", limits.memoryMb())
        .put("diskSizeMB", limits.diskMb())
        .put("concurrent", limits.concurrent())
        .put("uploadBytes", limits.uploadBytes())
        .put("volumes", limits.volumes())
        .put("volumeMB", limits.volumeMb());
    return Reply.json(200, json);
  }

  private static double millis(Duration duration) {
    return Math.round(duration.toNanos() / 1e4) / 100.0;
  }
}
