package dev.dunes.gateway;

import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * An answer of the gateway itself, as an error of the protocol that is spoken.
 *
 * @param status of HTTP
 * @param type as Anthropic names such errors
 * @param message for people, without anything secret
 * @param retry whether the client may try again
 */
record Refusal(int status, String type, String message, boolean retry) {
  private static final JsonMapper JSON = JsonMapper.builder().build();

  static Refusal noRoute(String method, String path) {
    return new Refusal(
        404, "not_found_error", "the gateway serves no " + method + " " + path, false);
  }

  static Refusal noToken() {
    return new Refusal(
        401, "authentication_error", "no token of a run, or of one that is over", false);
  }

  static Refusal noUpstream(ModelProtocol protocol) {
    String remedy =
        switch (protocol) {
          case ANTHROPIC -> "ANTHROPIC_API_KEY";
          case OPENAI -> "OPENAI_API_KEY or OPENAI_BASE_URL";
          case GEMINI -> "GEMINI_API_KEY or GOOGLE_GEMINI_BASE_URL";
        };
    return new Refusal(
        404,
        "not_found_error",
        "this run has no model that speaks this protocol; on the host, set " + remedy,
        false);
  }

  static Refusal budget(double budgetUsd) {
    return new Refusal(
        402,
        "billing_error",
        "the budget of this run is spent (%.4f USD); give it a larger one".formatted(budgetUsd),
        false);
  }

  static Refusal tooMany() {
    return new Refusal(
        429, "rate_limit_error", "too many requests of this run at the same time", true);
  }

  static Refusal tooLarge(long max) {
    return new Refusal(
        413, "request_too_large", "the request is larger than " + max + " bytes", false);
  }

  static Refusal invalid(String message) {
    return new Refusal(400, "invalid_request_error", message, false);
  }

  static Refusal slow() {
    return new Refusal(408, "timeout_error", "the request did not come in time", true);
  }

  static Refusal closing() {
    return new Refusal(503, "overloaded_error", "the gateway is closing", true);
  }

  static Refusal unreachable(String provider, String reason) {
    return new Refusal(
        502,
        "api_error",
        "the model provider (" + provider + ") cannot be reached: " + reason,
        true);
  }

  static Refusal silent(String provider) {
    return new Refusal(
        504, "timeout_error", "the model provider (" + provider + ") does not answer", true);
  }

  /**
   * Claude Code takes a message with the name of the header for one of its own state, and tells its
   * user to log in, which nobody can do in a sandbox.
   */
  static Refusal keyRejected(String provider, int status, String message) {
    return new Refusal(
        401,
        "authentication_error",
        "the model provider (%s) does not accept the key (%d): %s"
            .formatted(provider, status, message.replace("x-api-key", "API key")),
        false);
  }

  /** The body in the shape the protocol's clients read. */
  byte[] body(ModelProtocol protocol) {
    ObjectNode root = JSON.createObjectNode();
    switch (protocol) {
      case ANTHROPIC -> {
        root.put("type", "error");
        root.putObject("error").put("type", type).put("message", message);
      }
      case OPENAI ->
          root.putObject("error")
              .put("message", message)
              .put("type", type)
              .putNull("param")
              .put("code", type);
      case GEMINI ->
          root.putObject("error")
              .put("code", status)
              .put("message", message)
              .put("status", googleStatus());
    }
    return JSON.writeValueAsBytes(root);
  }

  private String googleStatus() {
    return switch (status) {
      case 400, 413 -> "INVALID_ARGUMENT";
      case 401 -> "UNAUTHENTICATED";
      case 402, 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 408, 504 -> "DEADLINE_EXCEEDED";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 502, 503 -> "UNAVAILABLE";
      default -> "INTERNAL";
    };
  }
}
