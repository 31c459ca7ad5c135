package dev.dunes.gateway;

import static dev.dunes.gateway.signing.AwsSigner.encode;

import dev.dunes.gateway.signing.GoogleTokens;
import dev.dunes.gateway.signing.TokenRefusedException;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Claude on Google Vertex AI, as the vendor's own client for it does: the model is in the path, the
 * version in the body.
 */
final class VertexWire implements Wire {
  private static final String VERSION = "vertex-2023-10-16";
  private static final Pattern DATED = Pattern.compile("(claude-.+)-(\\d{8})");

  private final ModelUpstream upstream;
  private final UpstreamAuth.Vertex auth;
  private final GoogleTokens tokens;

  VertexWire(ModelUpstream upstream, UpstreamAuth.Vertex auth, Duration timeout, Clock clock) {
    this.upstream = upstream;
    this.auth = auth;
    this.tokens = new GoogleTokens(auth.credentials(), timeout, clock);
  }

  @Override
  public ModelUpstream upstream() {
    return upstream;
  }

  @Override
  public boolean wantsBody() {
    return true;
  }

  @Override
  public Outgoing prepare(Incoming incoming)
      throws IOException, KeyRefusedException, InterruptedException {
    MessagesBody body = MessagesBody.of(incoming.body());
    body.version(VERSION);
    String model =
        switch (incoming.route().kind()) {
          case "messages" ->
              encode(modelName(body.takeModel()))
                  + (body.stream() ? ":streamRawPredict" : ":rawPredict");
          case "count_tokens" -> {
            body.json().put("model", modelName(body.model()));
            yield "count-tokens:rawPredict";
          }
          default -> throw new IllegalArgumentException("Vertex AI has no list of models");
        };
    MultiMap headers = incoming.headers();
    headers.remove("anthropic-version");
    try {
      headers.set("authorization", "Bearer " + tokens.token().reveal());
    } catch (TokenRefusedException e) {
      throw new KeyRefusedException(e.status(), String.valueOf(e.getMessage()), e);
    }
    String path =
        "/v1/projects/"
            + encode(auth.project())
            + "/locations/"
            + encode(auth.region())
            + "/publishers/anthropic/models/"
            + model;
    return new Outgoing(path, headers, Optional.of(body.bytes()));
  }

  /** Here a date is set off by an at sign. */
  private static String modelName(String model) {
    Matcher dated = DATED.matcher(model);
    return (dated.matches() ? dated.group(1) + "@" + dated.group(2) : model);
  }

  @Override
  public boolean foreignErrors() {
    return true;
  }

  @Override
  public AnswerDecoder decoder(String contentType) {
    return AnswerDecoder.NOTHING;
  }

  @Override
  public void rejected() {
    tokens.forget();
  }

  @Override
  public void close() {
    tokens.close();
  }
}
