package dev.dunes.session;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** What a sandbox may reach besides models: what was allowed, and the hosts of MCP servers. */
final class EgressRules {
  private EgressRules() {}

  /** Of a session: what it asks for, else what the settings allow. */
  static List<String> of(Settings settings, SessionSpec spec) {
    List<String> allowed = new ArrayList<>(spec.egress().orElseGet(() -> configured(settings)));
    spec.mcpServers().ifPresent(servers -> hosts(servers).forEach(allowed::add));
    return allowed;
  }

  /** What {@code DUNES_EGRESS} allows. */
  static List<String> configured(Settings settings) {
    return settings
        .get("DUNES_EGRESS")
        .map(list ->
            Arrays.stream(list.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList())
        .orElse(List.of());
  }

  /** The hosts of MCP servers, with their ports unless those are the usual ones. */
  static Stream<String> hosts(JsonNode servers) {
    return servers.properties().stream()
        .flatMap(server -> Json.string(server.getValue(), "url").stream())
        .flatMap(url -> authority(url).stream());
  }

  private static Optional<String> authority(String url) {
    try {
      URI uri = URI.create(url);
      return Optional.ofNullable(uri.getHost())
          .map(host ->
              uri.getPort() < 0 || uri.getPort() == 80 || uri.getPort() == 443
                  ? host
                  : host + ":" + uri.getPort());
    } catch (IllegalArgumentException e) {
      throw new RunFailedException(
          FailureCode.CONFIG, "sandstorm.json: mcp_servers has a url that is none");
    }
  }
}
