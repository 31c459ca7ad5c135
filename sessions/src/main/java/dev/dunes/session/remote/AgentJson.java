package dev.dunes.session.remote;

import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.ModelDialect;
import dev.dunes.session.AgentInstallation;
import dev.dunes.session.AgentStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/** Agents as a server tells of them. Agent API, sheet 2.3; ACP, sheet 2.8. */
final class AgentJson {
  private AgentJson() {}

  static AgentStatus status(JsonNode json, List<AgentMode> modes) {
    AgentTraits plain = AgentTraits.PLAIN;
    AgentTraits traits =
        new AgentTraits(
            capabilities(json.path("capabilities")),
            modes,
            flag(json, "anyMode"),
            json.path("permissionModes").isArray()
                ? texts(json.path("permissionModes"))
                : plain.permissionModes(),
            json.path("dialects").isArray() ? dialects(json.path("dialects")) : plain.dialects(),
            flag(json, "resumable"),
            flag(json, "inProcess"),
            InfoJson.text(json, "unavailable"));
    return new AgentStatus(
        json.path("id").asString(""),
        json.path("installed").asBoolean(false),
        InfoJson.text(json, "version"),
        InfoJson.text(json, "path"),
        json.path("credentialsAvailable").asBoolean(false),
        traits,
        Optional.of(json.path("serverStatus")).filter(JsonNode::isObject).map(AgentJson::server));
  }

  private static List<String> texts(JsonNode array) {
    return array.valueStream().map(each -> each.asString("")).toList();
  }

  /** Those that are known here: a newer server may have more. */
  private static List<ModelDialect> dialects(JsonNode array) {
    return texts(array).stream()
        .flatMap(name ->
            Stream.of(ModelDialect.values()).filter(each -> each.name().equalsIgnoreCase(name)))
        .toList();
  }

  private static AgentCapabilities capabilities(JsonNode json) {
    return new AgentCapabilities(
        flag(json, "planMode"),
        flag(json, "permissions"),
        flag(json, "questions"),
        flag(json, "toolCalls"),
        flag(json, "toolResults"),
        flag(json, "textMessages"),
        flag(json, "images"),
        flag(json, "fileAttachments"),
        flag(json, "sessionLifecycle"),
        flag(json, "errorEvents"),
        flag(json, "reasoning"),
        flag(json, "status"),
        flag(json, "commandExecution"),
        flag(json, "fileChanges"),
        flag(json, "mcpTools"),
        flag(json, "streamingDeltas"),
        flag(json, "itemStarted"),
        flag(json, "sharedProcess"));
  }

  private static boolean flag(JsonNode json, String name) {
    return json.path(name).asBoolean(false);
  }

  private static AgentStatus.ServerStatus server(JsonNode json) {
    JsonNode uptime = json.path("uptimeMs");
    return new AgentStatus.ServerStatus(
        json.path("status").asString("stopped"),
        InfoJson.text(json, "baseUrl"),
        uptime.isNumber() ? OptionalLong.of(uptime.asLong()) : OptionalLong.empty(),
        json.path("restartCount").asInt(0),
        InfoJson.text(json, "lastError"));
  }

  static AgentInstallation installation(JsonNode json) {
    JsonNode artifact = json.path("artifacts").path(0);
    return new AgentInstallation(
        json.path("already_installed").asBoolean(false),
        artifact.path("version").asString(""),
        artifact.path("path").asString(""));
  }

  static List<AgentMode> modes(JsonNode json) {
    return json.path("modes")
        .valueStream()
        .map(mode ->
            new AgentMode(
                mode.path("id").asString(""),
                mode.path("name").asString(""),
                mode.path("description").asString("")))
        .toList();
  }

  static AgentModels models(JsonNode json) {
    List<AgentModels.Model> models =
        json.path("models")
            .valueStream()
            .map(model ->
                new AgentModels.Model(
                    model.path("id").asString(""),
                    InfoJson.text(model, "name"),
                    model.path("variants").valueStream().map(v -> v.asString("")).toList(),
                    InfoJson.text(model, "defaultVariant")))
            .toList();
    return new AgentModels(models, InfoJson.text(json, "defaultModel"));
  }
}
