package dev.dunes.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a provider says when it says no.
 *
 * @param provider its name
 * @param status of HTTP
 * @param message for people
 * @param details the whole body as text, to look for marks in
 */
record ProviderError(String provider, int status, String message, String details) {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final int MAX_MESSAGE = 500;
  private static final int UNAUTHORIZED = 401;

  static ProviderError of(String provider, int status, byte[] body) {
    String text = new String(body, UTF_8);
    return new ProviderError(provider, status, message(text), text);
  }

  private static String message(String body) {
    String message = body;
    try {
      JsonNode json = JSON.readTree(body);
      JsonNode first = json.isArray() ? json.path(0) : json;
      message =
          first
              .path("error")
              .path("message")
              .asString(first.path("message").asString(first.path("error").asString(body)));
    } catch (JacksonException e) {
      // some answer in plain text or HTML: its beginning is all there is to say
    }
    String line = message.replaceAll("\\s+", " ").strip();
    return line.length() <= MAX_MESSAGE ? line : line.substring(0, MAX_MESSAGE) + "…";
  }

  /**
   * Whether the key is not accepted: 401 everywhere; Gemini says 400 and Bedrock 403 and mean the
   * same.
   */
  boolean rejectsKey() {
    return switch (status) {
      case UNAUTHORIZED -> true;
      case 400 -> details.contains("API_KEY_INVALID");
      case 403 ->
          provider.equals("bedrock")
              && (details.contains("security token")
                  || details.contains("signature")
                  || details.contains("UnrecognizedClient"));
      default -> false;
    };
  }

  /** The same in Anthropic's words. */
  Refusal asRefusal(String scrubbed) {
    String type =
        switch (status) {
          case 400 -> "invalid_request_error";
          case 403 -> "permission_error";
          case 404 -> "not_found_error";
          case 413 -> "request_too_large";
          case 429 -> "rate_limit_error";
          case 503, 529 -> "overloaded_error";
          default -> "api_error";
        };
    return new Refusal(status, type, scrubbed, status == 429 || status >= 500);
  }
}
