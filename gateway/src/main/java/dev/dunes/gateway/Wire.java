package dev.dunes.gateway;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;

/** How requests become those of a provider, and its answers those the agent expects. */
sealed interface Wire permits DirectWire, VertexWire, BedrockWire {
  static Wire of(ModelUpstream upstream, Duration timeout, Clock clock) {
    return switch (upstream.auth()) {
      case UpstreamAuth.Vertex vertex -> new VertexWire(upstream, vertex, timeout, clock);
      case UpstreamAuth.Bedrock bedrock -> new BedrockWire(upstream, bedrock, clock);
      case UpstreamAuth.None none -> new DirectWire(upstream);
      case UpstreamAuth.Bearer bearer -> new DirectWire(upstream);
      case UpstreamAuth.ApiKey apiKey -> new DirectWire(upstream);
    };
  }

  ModelUpstream upstream();

  /**
   * Whether the whole body is needed before anything is sent; such a wire is also allowed to block.
   */
  boolean wantsBody();

  /**
   * The request to send.
   *
   * @throws IllegalArgumentException when the provider cannot serve it, with a message for the
   *     agent
   * @throws KeyRefusedException when the provider's key is known to be wrong
   * @throws IOException when something else is wrong
   */
  Outgoing prepare(Incoming incoming) throws IOException, KeyRefusedException, InterruptedException;

  /** Whether errors come in another shape than the agent expects. */
  boolean foreignErrors();

  /** For the body of one good answer. */
  AnswerDecoder decoder(String contentType);

  /** Whether good answers of this route are rewritten whole; they are small. */
  default boolean rewrites(Route route) {
    return false;
  }

  /** A whole answer as the agent expects it. */
  default byte[] rewrite(Route route, byte[] answer) {
    return answer;
  }

  /** Tells that the provider did not accept what was shown. */
  default void rejected() {}

  default void close() {}
}
