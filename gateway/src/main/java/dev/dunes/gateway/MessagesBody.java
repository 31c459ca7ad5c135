package dev.dunes.gateway;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A Messages request, for providers that want parts of it elsewhere. */
record MessagesBody(ObjectNode json) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  /**
   * @throws IllegalArgumentException when it is no JSON object
   */
  static MessagesBody of(byte[] body) {
    try {
      if (JSON.readTree(body) instanceof ObjectNode object) {
        return new MessagesBody(object);
      }
    } catch (JacksonException e) {
      throw new IllegalArgumentException("the body is no JSON", e);
    }
    throw new IllegalArgumentException("the body is no JSON object");
  }

  /** Takes the model's name out. */
  String takeModel() {
    JsonNode model = json.remove("model");
    if (model == null || !model.isString() || model.asString().isBlank()) {
      throw new IllegalArgumentException("the request names no model");
    }
    return model.asString();
  }

  String model() {
    return json.path("model").asString("");
  }

  boolean stream() {
    return json.path("stream").asBoolean(false);
  }

  void version(String version) {
    json.put("anthropic_version", version);
  }

  /** Moves the betas of the header into the body. */
  void betas(Iterable<String> headers) {
    ArrayNode betas = JSON.createArrayNode();
    for (String header : headers) {
      for (String beta : header.split(",")) {
        if (!beta.isBlank()) {
          betas.add(beta.strip());
        }
      }
    }
    if (!betas.isEmpty() && !json.has("anthropic_beta")) {
      json.set("anthropic_beta", betas);
    }
  }

  byte[] bytes() {
    return JSON.writeValueAsBytes(json);
  }
}
