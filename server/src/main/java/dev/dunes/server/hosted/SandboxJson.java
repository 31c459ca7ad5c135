package dev.dunes.server.hosted;

import dev.dunes.hosting.EgressRules;
import dev.dunes.hosting.HeaderRule;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Timestamps;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A sandbox as it is shown, in the words of two kinds of clients. Sandbox API 2.2. */
public final class SandboxJson {
  /** What clients of the second kind expect. E2B wire 2.3. */
  private static final String CLIENT_ID = "6532622b";

  /** The protocol inside that clients of the second kind speak. E2B wire 3.9. */
  private static final String ENVD_VERSION = "0.6.13";

  private final Pattern api;

  /**
   * @param domain under which sandboxes are found by the name of the host
   */
  public SandboxJson(String domain) {
    this.api = Pattern.compile("api\\.(" + Pattern.quote(domain) + "(:\\d{1,5})?)");
  }

  /** The domain a client has come by, with its port; empty when it has come by an address. */
  public Optional<String> domain(Exchange exchange) {
    return exchange
        .header("host")
        .map(host -> api.matcher(host.toLowerCase(Locale.ROOT)))
        .filter(Matcher::matches)
        .map(found -> found.group(1));
  }

  /** A sandbox, for who asked for it. */
  public ObjectNode of(Exchange exchange, HostedSandbox sandbox) {
    String state = sandbox.paused() ? "paused" : "running";
    ObjectNode json =
        Json.object().put("sandboxID", sandbox.id()).put("templateID", sandbox.template());
    sandbox.alias().ifPresent(alias -> json.put("alias", alias));
    json.put("clientID", CLIENT_ID)
        .put("status", state)
        .put("state", state)
        .put("startedAt", Timestamps.text(sandbox.startedAt()))
        .put("endAt", Timestamps.text(sandbox.endAt()));
    putNumber(json, "cpuCount", sandbox.cpuCores());
    json.put("memoryMB", sandbox.memoryMb()).put("diskSizeMB", sandbox.diskMb());
    ObjectNode metadata = json.putObject("metadata");
    sandbox.metadata().forEach(metadata::put);
    json.put("envdVersion", ENVD_VERSION);
    sandbox.accessToken().ifPresent(token -> json.put("envdAccessToken", token));
    putText(json, "trafficAccessToken", sandbox.trafficToken());
    putText(json, "domain", domain(exchange));
    ArrayNode mounts = json.putArray("volumeMounts");
    sandbox
        .volumes()
        .forEach(each -> mounts.addObject().put("name", each.name()).put("path", each.path()));
    json.putObject("lifecycle")
        .put("autoResume", sandbox.autoResume())
        .put("onTimeout", sandbox.pauseAtEnd() ? "pause" : "kill");
    if (sandbox.offline()) {
      json.put("allowInternetAccess", false);
    } else {
      json.putNull("allowInternetAccess"); // as the provider has it
    }
    putNetwork(json, sandbox);
    sandbox
        .pausedWith()
        .ifPresent(kind ->
            json.put("pausedWith", kind == HostedSandbox.PauseKind.MEMORY ? "memory" : "disk")
                .put("wakesOnRequest", sandbox.wakes()));
    return json;
  }

  private static void putNetwork(ObjectNode json, HostedSandbox sandbox) {
    if (sandbox.egress().isEmpty() && sandbox.httpsPorts().isEmpty()) {
      return;
    }
    ObjectNode network = json.putObject("network");
    sandbox
        .egress()
        .ifPresent(rules -> {
          rules.allowOut().forEach(network.putArray("allowOut")::add);
          rules.denyOut().forEach(network.putArray("denyOut")::add);
          putChanges(network, rules);
        });
    if (!sandbox.httpsPorts().isEmpty()) {
      sandbox.httpsPorts().forEach(network.putArray("httpsPorts")::add);
    }
    network.put("allowPublicTraffic", sandbox.trafficToken().isEmpty());
  }

  /** Headers as they were given, with the placeholders of secrets; never a password. */
  private static void putChanges(ObjectNode network, EgressRules rules) {
    if (!rules.headers().isEmpty()) {
      ObjectNode byDomain = network.putObject("rules");
      for (HeaderRule rule : rules.headers()) {
        ObjectNode headers =
            byDomain.putArray(rule.host()).addObject().putObject("transform").putObject("headers");
        rule.headers().forEach(headers::put);
      }
    }
    rules
        .proxy()
        .ifPresent(proxy -> {
          ObjectNode shown = network.putObject("egressProxy").put("address", proxy.address());
          proxy.username().ifPresent(name -> shown.put("username", name));
        });
  }

  /** When a sandbox's time is over, where clients do not have to look for it. E2B wire 4.7. */
  public static Reply endsAt(Reply reply, HostedSandbox sandbox) {
    return reply.with("x-dunes-ends-at", Timestamps.text(sandbox.endAt()));
  }

  private static void putText(ObjectNode json, String name, Optional<String> text) {
    if (text.isPresent()) {
      json.put(name, text.get());
    } else {
      json.putNull(name);
    }
  }

  /** Whole numbers without a fraction. */
  public static void putNumber(ObjectNode json, String name, double value) {
    if (value == Math.rint(value)) {
      json.put(name, (long) value);
    } else {
      json.put(name, value);
    }
  }
}
