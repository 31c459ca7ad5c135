package dev.dunes.gateway;

import static dev.dunes.gateway.signing.AwsSigner.encode;

import dev.dunes.gateway.signing.AwsCredentials;
import dev.dunes.gateway.signing.AwsSigner;
import io.vertx.core.MultiMap;
import java.net.URI;
import java.time.Clock;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Claude on Amazon Bedrock, as the vendor's own client for it does: model and stream are in the
 * path, version and betas in the body, the request is signed, streams come as frames.
 */
final class BedrockWire implements Wire {
  private static final String VERSION = "bedrock-2023-05-31";
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Pattern DATED = Pattern.compile("claude-.+-\\d{8}");

  private final ModelUpstream upstream;
  private final UpstreamAuth.Bedrock auth;
  private final AwsSigner signer;
  private final Clock clock;

  BedrockWire(ModelUpstream upstream, UpstreamAuth.Bedrock auth, Clock clock) {
    this.upstream = upstream;
    this.auth = auth;
    this.signer = new AwsSigner(auth.region(), "bedrock");
    this.clock = clock;
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
  public Outgoing prepare(Incoming incoming) {
    MessagesBody body = MessagesBody.of(incoming.body());
    String model = modelName(body.takeModel());
    boolean stream = body.stream();
    body.json().remove("stream");
    body.version(VERSION);
    body.betas(incoming.headers().getAll("anthropic-beta"));
    return switch (incoming.route().kind()) {
      case "messages" ->
          signed(
              "/model/" + encode(model) + (stream ? "/invoke-with-response-stream" : "/invoke"),
              body.bytes());
      case "count_tokens" -> {
        if (!body.json().has("max_tokens")) {
          body.json().put("max_tokens", 1); // an invocation needs one, counting does not use it
        }
        yield signed("/model/" + encode(model) + "/count-tokens", counting(body.bytes()));
      }
      default -> throw new IllegalArgumentException("Bedrock has no list of models here");
    };
  }

  private static byte[] counting(byte[] invocation) {
    ObjectNode root = JSON.createObjectNode();
    root.putObject("input")
        .putObject("invokeModel")
        .put("body", Base64.getEncoder().encodeToString(invocation));
    return JSON.writeValueAsBytes(root);
  }

  private Outgoing signed(String path, byte[] body) {
    URI base = upstream.base();
    String host = base.getPort() < 0 ? base.getHost() : base.getHost() + ":" + base.getPort();
    Map<String, String> signed = new LinkedHashMap<>();
    signed.put("host", host);
    signed.put("content-type", "application/json");
    AwsCredentials credentials =
        new AwsCredentials(auth.accessKeyId(), auth.secretAccessKey(), auth.sessionToken());
    MultiMap headers = MultiMap.caseInsensitiveMultiMap();
    headers.set("content-type", "application/json");
    headers.set("accept", "*/*");
    headers.set("accept-encoding", "identity");
    signer
        .sign(credentials, "POST", base.getRawPath() + path, "", signed, body, clock.instant())
        .forEach(headers::set);
    return new Outgoing(path, headers, Optional.of(body));
  }

  /**
   * Bedrock's name of a model. Names that are its own, with a dot or as an ARN, stay.
   *
   * @throws IllegalArgumentException for one whose name there cannot be known from its name here
   */
  private String modelName(String model) {
    if (!model.startsWith("claude-")) {
      return model;
    }
    if (!DATED.matcher(model).matches()) {
      throw new IllegalArgumentException(
          "what Bedrock calls "
              + model
              + " is not known; set ANTHROPIC_DEFAULT_SONNET_MODEL and the like to its names");
    }
    return area() + ".anthropic." + model + "-v1:0";
  }

  /** Of the inference profile that spans the region. */
  private String area() {
    String region = auth.region().toLowerCase(Locale.ROOT);
    if (region.startsWith("us-gov-")) {
      return "us-gov";
    }
    String first = region.substring(0, Math.max(0, region.indexOf('-')));
    return switch (first) {
      case "eu" -> "eu";
      case "ap" -> "apac";
      case "us" -> "us";
      default -> "global";
    };
  }

  @Override
  public boolean foreignErrors() {
    return true;
  }

  @Override
  public AnswerDecoder decoder(String contentType) {
    return contentType.startsWith("application/vnd.amazon.eventstream")
        ? new EventStreamDecoder()
        : AnswerDecoder.NOTHING;
  }

  @Override
  public byte[] rewrite(Route route, byte[] answer) {
    if (!route.kind().equals("count_tokens")) {
      return answer;
    }
    try {
      long tokens = JSON.readTree(answer).path("inputTokens").asLong(0);
      return JSON.writeValueAsBytes(JSON.createObjectNode().put("input_tokens", tokens));
    } catch (JacksonException e) {
      return answer; // as it is: the agent says what it thinks of it
    }
  }

  @Override
  public boolean rewrites(Route route) {
    return route.kind().equals("count_tokens");
  }
}
