package dev.dunes.session.remote;

import dev.dunes.session.SessionSpec;
import java.time.Duration;
import java.util.Base64;
import tools.jackson.databind.node.ObjectNode;

/** What a session shall be, as the server reads it. Agent API, sheet 2.3, and fields of ours. */
final class SpecJson {
  private SpecJson() {}

  static ObjectNode of(SessionSpec spec) {
    ObjectNode json = Wire.object().put("agent", spec.agent());
    spec.agentMode().ifPresent(value -> json.put("agentMode", value));
    spec.permissionMode().ifPresent(value -> json.put("permissionMode", value));
    spec.model().ifPresent(value -> json.put("model", value));
    spec.variant().ifPresent(value -> json.put("variant", value));
    spec.agentVersion().ifPresent(value -> json.put("agentVersion", value));
    spec.title().ifPresent(value -> json.put("title", value));
    spec.directory().ifPresent(value -> json.put("directory", value));
    if (!spec.env().isEmpty()) {
      spec.env().forEach(json.putObject("env")::put);
    }
    if (!spec.files().isEmpty()) {
      ObjectNode files = json.putObject("files");
      spec.files()
          .forEach((path, bytes) ->
              files.putObject(path).put("base64", Base64.getEncoder().encodeToString(bytes)));
    }
    spec.provider().ifPresent(value -> json.put("provider", value));
    spec.template().ifPresent(value -> json.put("template", value));
    spec.workspace().ifPresent(value -> json.put("workspace", value));
    spec.egress().ifPresent(hosts -> hosts.forEach(json.putArray("egress")::add));
    spec.cpus().ifPresent(value -> json.put("cpus", value));
    spec.memoryMb().ifPresent(value -> json.put("memoryMb", value));
    spec.turnTimeout().ifPresent(value -> json.put("turnTimeoutSeconds", seconds(value)));
    spec.idleTimeout().ifPresent(value -> json.put("idleTimeoutSeconds", seconds(value)));
    spec.maxBudgetUsd().ifPresent(value -> json.put("maxBudgetUsd", value));
    spec.systemPrompt().ifPresent(value -> json.put("systemPrompt", value));
    spec.allowedTools().ifPresent(tools -> tools.forEach(json.putArray("allowedTools")::add));
    spec.mcpServers().ifPresent(value -> json.set("mcpServers", value));
    spec.outputSchema().ifPresent(value -> json.set("outputSchema", value));
    if (spec.turnEvents()) {
      json.put("turnEvents", true);
    }
    return json;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
