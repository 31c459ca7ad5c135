package dev.dunes.session.engine;

import dev.dunes.session.SessionSpec;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** How a specification is kept; its files are kept elsewhere. */
final class SpecJson {
  private static final JsonMapper JSON = JsonMapper.shared();

  private SpecJson() {}

  static ObjectNode write(SessionSpec spec) {
    ObjectNode json = JSON.createObjectNode();
    json.put("agent", spec.agent());
    spec.agentMode().ifPresent(value -> json.put("agentMode", value));
    spec.permissionMode().ifPresent(value -> json.put("permissionMode", value));
    spec.model().ifPresent(value -> json.put("model", value));
    spec.variant().ifPresent(value -> json.put("variant", value));
    spec.title().ifPresent(value -> json.put("title", value));
    spec.directory().ifPresent(value -> json.put("directory", value));
    spec.provider().ifPresent(value -> json.put("provider", value));
    spec.template().ifPresent(value -> json.put("template", value));
    spec.workspace().ifPresent(value -> json.put("workspace", value));
    spec.systemPrompt().ifPresent(value -> json.put("systemPrompt", value));
    spec.egress().ifPresent(value -> json.set("egress", JSON.valueToTree(value)));
    spec.allowedTools().ifPresent(value -> json.set("allowedTools", JSON.valueToTree(value)));
    spec.mcpServers().ifPresent(value -> json.set("mcpServers", value));
    spec.outputSchema().ifPresent(value -> json.set("outputSchema", value));
    spec.cpus().ifPresent(value -> json.put("cpus", value));
    spec.memoryMb().ifPresent(value -> json.put("memoryMb", value));
    spec.maxBudgetUsd().ifPresent(value -> json.put("maxBudgetUsd", value));
    spec.turnTimeout().ifPresent(value -> json.put("turnTimeout", value.toString()));
    spec.idleTimeout().ifPresent(value -> json.put("idleTimeout", value.toString()));
    json.put("turnEvents", spec.turnEvents());
    json.set("env", JSON.valueToTree(spec.env()));
    return json;
  }

  static SessionSpec read(JsonNode json) {
    SessionSpec.Builder spec = SessionSpec.builder(json.path("agent").asString());
    text(json, "agentMode", spec::agentMode);
    text(json, "permissionMode", spec::permissionMode);
    text(json, "model", spec::model);
    text(json, "variant", spec::variant);
    text(json, "title", spec::title);
    text(json, "directory", spec::directory);
    text(json, "provider", spec::provider);
    text(json, "template", spec::template);
    text(json, "workspace", spec::workspace);
    text(json, "systemPrompt", spec::systemPrompt);
    text(json, "turnTimeout", value -> spec.turnTimeout(Duration.parse(value)));
    text(json, "idleTimeout", value -> spec.idleTimeout(Duration.parse(value)));
    texts(json, "egress").ifPresent(spec::egress);
    texts(json, "allowedTools").ifPresent(spec::allowedTools);
    Optional.ofNullable(json.get("mcpServers")).ifPresent(spec::mcpServers);
    Optional.ofNullable(json.get("outputSchema")).ifPresent(spec::outputSchema);
    Optional.ofNullable(json.get("cpus")).ifPresent(value -> spec.cpus(value.asDouble()));
    Optional.ofNullable(json.get("memoryMb")).ifPresent(value -> spec.memoryMb(value.asInt()));
    Optional.ofNullable(json.get("maxBudgetUsd"))
        .ifPresent(value -> spec.maxBudgetUsd(value.asDouble()));
    spec.turnEvents(json.path("turnEvents").asBoolean(false));
    json.path("env").forEachEntry((name, value) -> spec.env(name, value.asString()));
    return spec.build();
  }

  private static void text(JsonNode json, String name, Consumer<String> setter) {
    Optional.ofNullable(json.get(name)).map(JsonNode::asString).ifPresent(setter);
  }

  private static Optional<List<String>> texts(JsonNode json, String name) {
    return Optional.ofNullable(json.get(name))
        .map(array -> array.valueStream().map(JsonNode::asString).toList());
  }
}
