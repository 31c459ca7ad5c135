package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How the gateway shows a model provider who pays. */
public sealed interface UpstreamAuth {
  /** Nothing is shown: a provider that wants no key. */
  record None() implements UpstreamAuth {}

  /** {@code Authorization: Bearer …}. */
  record Bearer(Secret key) implements UpstreamAuth {
    public Bearer {
      requireNonNull(key, "key");
    }
  }

  /**
   * The key in a header of its own.
   *
   * @param header such as {@code x-api-key}
   */
  record ApiKey(String header, Secret key) implements UpstreamAuth {
    public ApiKey {
      requireNonNull(header, "header");
      requireNonNull(key, "key");
    }
  }

  /**
   * Claude on Google Vertex AI: a signed statement of the service account is exchanged for a token
   * of an hour.
   *
   * @param credentials the service account's JSON key file, read when a token is needed
   */
  record Vertex(String project, String region, Path credentials) implements UpstreamAuth {
    public Vertex {
      requireNonNull(project, "project");
      requireNonNull(region, "region");
      requireNonNull(credentials, "credentials");
    }
  }

  /** Claude on Amazon Bedrock: each request is signed (Signature Version 4). */
  record Bedrock(
      String region, String accessKeyId, Secret secretAccessKey, Optional<Secret> sessionToken)
      implements UpstreamAuth {
    public Bedrock {
      requireNonNull(region, "region");
      requireNonNull(accessKeyId, "accessKeyId");
      requireNonNull(secretAccessKey, "secretAccessKey");
      requireNonNull(sessionToken, "sessionToken");
    }

    @Override
    public String toString() {
      return "Bedrock[region=" + region + ", keys=***]";
    }
  }

  /** Every text that must never leave the gateway but to the provider. */
  default List<Secret> secrets() {
    return switch (this) {
      case None none -> List.of();
      case Bearer bearer -> List.of(bearer.key());
      case ApiKey apiKey -> List.of(apiKey.key());
      case Vertex vertex -> List.of();
      case Bedrock bedrock ->
          Stream.concat(
                  Stream.of(bedrock.secretAccessKey(), Secret.of(bedrock.accessKeyId())),
                  bedrock.sessionToken().stream())
              .toList();
    };
  }
}
