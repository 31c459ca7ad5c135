package dev.dunes.gateway;

import io.vertx.core.MultiMap;
import java.util.Optional;

/** For providers that speak the agent's protocol: only the key is added. */
record DirectWire(ModelUpstream upstream) implements Wire {
  @Override
  public boolean wantsBody() {
    return false;
  }

  @Override
  public Outgoing prepare(Incoming incoming) {
    MultiMap headers = incoming.headers();
    switch (upstream.auth()) {
      case UpstreamAuth.Bearer bearer ->
          headers.set("authorization", "Bearer " + bearer.key().reveal());
      case UpstreamAuth.ApiKey apiKey -> headers.set(apiKey.header(), apiKey.key().reveal());
      case UpstreamAuth.None none -> {}
      case UpstreamAuth.Vertex vertex -> throw new IllegalStateException("another wire's");
      case UpstreamAuth.Bedrock bedrock -> throw new IllegalStateException("another wire's");
    }
    String path = incoming.route().path();
    if (upstream.protocol() == ModelProtocol.OPENAI) {
      path = path.substring("/v1".length()); // its base has it
    }
    String query = incoming.query().isEmpty() ? "" : "?" + incoming.query();
    return new Outgoing(path + query, headers, Optional.empty());
  }

  @Override
  public boolean foreignErrors() {
    return false;
  }

  @Override
  public AnswerDecoder decoder(String contentType) {
    return AnswerDecoder.NOTHING;
  }
}
