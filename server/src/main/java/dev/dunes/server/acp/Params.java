package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The parameters of a request; what is wrong with them is error −32602.
 *
 * @param object that holds them
 */
record Params(ObjectNode object) {
  static Params of(ObjectNode envelope) {
    JsonNode params = envelope.get("params");
    if (params == null || params.isNull()) {
      return new Params(Json.object());
    }
    if (params instanceof ObjectNode object) {
      return new Params(object);
    }
    throw RpcException.params("params must be an object");
  }

  Optional<String> text(String name) {
    JsonNode value = object.get(name);
    if (value == null || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isString()) {
      throw RpcException.params(name + " must be a string");
    }
    return Optional.of(value.asString());
  }

  String required(String name) {
    return text(name)
        .filter(text -> !text.isEmpty())
        .orElseThrow(() -> RpcException.params(name + " is missing"));
  }

  /** The objects of an array; empty when there is none. */
  List<Params> objects(String name) {
    JsonNode value = object.get(name);
    if (value == null || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw RpcException.params(name + " must be an array");
    }
    List<Params> all = new ArrayList<>();
    for (JsonNode one : value) {
      if (!(one instanceof ObjectNode member)) {
        throw RpcException.params(name + " must hold objects");
      }
      all.add(new Params(member));
    }
    return all;
  }

  /** The strings of an array; empty when there is none. */
  List<String> texts(String name) {
    JsonNode value = object.get(name);
    if (value == null || value.isNull()) {
      return List.of();
    }
    if (!value.isArray()) {
      throw RpcException.params(name + " must be an array");
    }
    List<String> all = new ArrayList<>();
    for (JsonNode one : value) {
      if (!one.isString()) {
        throw RpcException.params(name + " must hold strings");
      }
      all.add(one.asString());
    }
    return all;
  }

  /** An object inside. */
  Optional<Params> object(String name) {
    return object.get(name) instanceof ObjectNode member
        ? Optional.of(new Params(member))
        : Optional.empty();
  }
}
