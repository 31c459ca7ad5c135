package dev.dunes.server.query;

import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is wrong with a request, in the words its clients know. Never what the request said: keys
 * are in it. Query API 2.3.
 */
final class Problems {
  private final ArrayNode detail = Json.MAPPER.createArrayNode();

  /** Adds a problem; where, from the body down. */
  Problems add(String type, String message, Object... where) {
    entry(type, message, "body", where);
    return this;
  }

  /** Adds a problem with a bound that was passed. */
  Problems bound(String type, String message, String bound, int value, Object... where) {
    entry(type, message, "body", where).putObject("ctx").put(bound, value);
    return this;
  }

  /** Adds a problem with a bound of a number that may have a fraction. */
  Problems floatBound(String type, String message, String bound, double value, Object... where) {
    entry(type, message, "body", where).putObject("ctx").put(bound, value);
    return this;
  }

  /** Adds a problem that a rule of ours has. */
  Problems value(String message, Object... where) {
    entry("value_error", "Value error, " + message, "body", where)
        .putObject("ctx")
        .putObject("error");
    return this;
  }

  /** Adds that a body is no JSON. */
  Problems noJson(int offset, String error) {
    entry("json_invalid", "JSON decode error", "body", offset).putObject("ctx").put("error", error);
    return this;
  }

  /** Adds a problem of a parameter in the query. */
  Problems parameter(String type, String message, String name) {
    entry(type, message, "query", name);
    return this;
  }

  Problems parameterBound(String type, String message, String bound, int value, String name) {
    entry(type, message, "query", name).putObject("ctx").put(bound, value);
    return this;
  }

  boolean none() {
    return detail.isEmpty();
  }

  HttpFailure failure() {
    return new HttpFailure(Reply.json(422, Json.object().set("detail", detail)));
  }

  private ObjectNode entry(String type, String message, String root, Object... where) {
    ObjectNode entry = detail.addObject().put("type", type);
    ArrayNode location = entry.putArray("loc").add(root);
    for (Object step : where) {
      if (step instanceof Integer index) {
        location.add(index.intValue());
      } else {
        location.add(String.valueOf(step));
      }
    }
    return entry.put("msg", message);
  }
}
