package dev.dunes.gateway;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Something that may be asked of a model. Paths are compared as they came: what is encoded or
 * winding is no route.
 *
 * @param path at the provider, without the query
 * @param kind the last part of it
 * @param generates whether tokens are paid for
 * @param model when the path names it, else empty
 */
record Route(
    ModelProtocol protocol,
    String method,
    String path,
    String kind,
    boolean generates,
    String model) {
  /** Where Amp's client asks its vendor for Anthropic's models. */
  private static final String AMP_MESSAGES = "/api/provider/anthropic/v1/messages";

  private static final Pattern GEMINI =
      Pattern.compile(
          "/v1beta/models/([A-Za-z0-9._-]{1,200}):(generateContent|streamGenerateContent|countTokens)");

  /**
   * @param anthropic whether the client says it speaks Anthropic's protocol
   */
  static Optional<Route> of(String method, String path, boolean anthropic) {
    if (method.equals("GET")) {
      return path.equals("/v1/models")
          ? Optional.of(
              new Route(
                  anthropic ? ModelProtocol.ANTHROPIC : ModelProtocol.OPENAI,
                  method,
                  path,
                  "models",
                  false,
                  ""))
          : Optional.empty();
    }
    return method.equals("POST") ? post(path) : Optional.empty();
  }

  private static Optional<Route> post(String path) {
    return switch (path) {
      case "/v1/messages", AMP_MESSAGES ->
          post(ModelProtocol.ANTHROPIC, "/v1/messages", "messages", true, "");
      case "/v1/messages/count_tokens" ->
          post(ModelProtocol.ANTHROPIC, path, "count_tokens", false, "");
      case "/v1/responses" -> post(ModelProtocol.OPENAI, path, "responses", true, "");
      case "/v1/chat/completions" -> post(ModelProtocol.OPENAI, path, "chat/completions", true, "");
      default -> gemini(path);
    };
  }

  private static Optional<Route> gemini(String path) {
    Matcher match = GEMINI.matcher(path);
    if (!match.matches() || match.group(1).contains("..")) {
      return Optional.empty();
    }
    String kind = match.group(2);
    return post(ModelProtocol.GEMINI, path, kind, !kind.equals("countTokens"), match.group(1));
  }

  private static Optional<Route> post(
      ModelProtocol protocol, String path, String kind, boolean generates, String model) {
    return Optional.of(new Route(protocol, "POST", path, kind, generates, model));
  }

  /** Whether the path itself asks for a stream. */
  boolean streams() {
    return kind.equals("streamGenerateContent");
  }

  Route as(ModelProtocol other) {
    return new Route(other, method, path, kind, generates, model);
  }
}
