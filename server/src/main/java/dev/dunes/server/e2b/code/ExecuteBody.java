package dev.dunes.server.e2b.code;

import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is to be run. E2B wire 2.10.
 *
 * @param code the code
 * @param context where, if a context was named
 * @param language in which language, if one was named
 * @param env variables for this run
 */
record ExecuteBody(
    String code, Optional<String> context, Optional<String> language, Map<String, String> env) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  static ExecuteBody of(byte[] body) {
    ObjectNode json = object(body);
    Optional<String> code = text(json, "code");
    Optional<String> context = text(json, "context_id");
    Optional<String> language = text(json, "language");
    if (code.isEmpty()) {
      throw refused(400, "code is required: {\"code\": \"print(1)\"}");
    }
    if (context.isPresent() && language.isPresent()) {
      throw refused(400, "Only one of context_id or language can be provided");
    }
    return new ExecuteBody(code.get(), context, language, env(json));
  }

  private static Map<String, String> env(ObjectNode json) {
    JsonNode given = json.path("env_vars");
    Map<String, String> env = new LinkedHashMap<>();
    if (given.isMissingNode() || given.isNull()) {
      return env;
    }
    if (!(given instanceof ObjectNode object)) {
      throw refused(400, "env_vars must be an object of texts");
    }
    object.forEachEntry((name, value) -> {
      if (!NAME.matcher(name).matches()) {
        throw refused(
            400,
            "env_vars: '%s' is no name of a variable; use letters, digits and _".formatted(name));
      }
      if (!value.isString() || value.asString().indexOf('\0') >= 0) {
        throw refused(400, "env_vars.%s must be a text without NUL characters".formatted(name));
      }
      env.put(name, value.asString());
    });
    return env;
  }

  static ObjectNode object(byte[] body) {
    if (body.length == 0) {
      return Json.object();
    }
    try {
      if (Json.MAPPER.readTree(body) instanceof ObjectNode object) {
        return object;
      }
    } catch (JacksonException e) {
      throw refused(400, "the body is not JSON: " + e.getOriginalMessage());
    }
    throw refused(400, "the body must be a JSON object");
  }

  static Optional<String> text(ObjectNode json, String field) {
    JsonNode value = json.path(field);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw refused(400, field + " must be a text");
    }
    return Optional.of(value.asString());
  }

  static HttpFailure refused(int status, String message) {
    return new HttpFailure(Reply.text(status, "text/plain; charset=utf-8", message));
  }
}
