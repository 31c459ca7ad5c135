package dev.dunes.server.agentapi;

import dev.dunes.server.v1.Fields;
import dev.dunes.session.SessionSpec;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import tools.jackson.databind.JsonNode;

/** The body that creates a session. Agent API, sheet 2.3, and fields of ours. */
final class CreateBody {
  private CreateBody() {}

  static SessionSpec read(Fields body) {
    SessionSpec.Builder spec = SessionSpec.builder(body.requiredText("agent"));
    body.text("agentMode").ifPresent(spec::agentMode);
    body.text("permissionMode").ifPresent(spec::permissionMode);
    body.text("model").ifPresent(spec::model);
    body.text("variant").ifPresent(spec::variant);
    body.text("agentVersion").ifPresent(spec::agentVersion);
    body.text("title").ifPresent(spec::title);
    body.text("directory").ifPresent(spec::directory);
    body.textMap("env").forEach(spec::env);
    files(body, spec);
    body.text("provider").ifPresent(spec::provider);
    body.text("template").ifPresent(spec::template);
    body.text("workspace").ifPresent(spec::workspace);
    body.texts("egress").ifPresent(spec::egress);
    body.positive("cpus").ifPresent(spec::cpus);
    body.count("memoryMb").ifPresent(mb -> spec.memoryMb(Math.toIntExact(Math.min(mb, 1L << 30))));
    body.positive("turnTimeoutSeconds").ifPresent(s -> spec.turnTimeout(seconds(s)));
    body.positive("idleTimeoutSeconds").ifPresent(s -> spec.idleTimeout(seconds(s)));
    body.positive("maxBudgetUsd").ifPresent(spec::maxBudgetUsd);
    body.text("systemPrompt").ifPresent(spec::systemPrompt);
    body.texts("allowedTools").ifPresent(spec::allowedTools);
    body.object("mcpServers").ifPresent(servers -> spec.mcpServers(servers.object()));
    body.object("outputSchema").ifPresent(schema -> spec.outputSchema(schema.object()));
    body.flag("turnEvents").ifPresent(spec::turnEvents);
    return spec.build();
  }

  private static Duration seconds(double seconds) {
    return Duration.ofMillis(Math.max(1, (long) Math.min(seconds * 1000, 1e12)));
  }

  /** By path: a text, or {@code {"base64": …}}. */
  private static void files(Fields body, SessionSpec.Builder spec) {
    body.object("files")
        .ifPresent(files ->
            files
                .object()
                .properties()
                .forEach(
                    file -> spec.file(file.getKey(), content(file.getKey(), file.getValue()))));
  }

  private static byte[] content(String path, JsonNode value) {
    if (value.isString()) {
      return value.asString().getBytes(StandardCharsets.UTF_8);
    }
    JsonNode encoded = value.get("base64");
    if (encoded == null || !encoded.isString()) {
      throw Fields.wrong("file `" + path + "` must be a string or {\"base64\": …}");
    }
    return base64("file `" + path + "`", encoded.asString());
  }

  static byte[] base64(String what, String text) {
    try {
      return Base64.getDecoder().decode(text);
    } catch (IllegalArgumentException e) {
      throw Fields.wrong(what + " is not valid base64");
    }
  }
}
