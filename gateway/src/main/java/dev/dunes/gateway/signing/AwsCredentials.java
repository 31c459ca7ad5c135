package dev.dunes.gateway.signing;

import dev.dunes.gateway.Secret;
import java.util.Optional;

/**
 * What signs for an AWS account.
 *
 * @param sessionToken of temporary credentials
 */
public record AwsCredentials(
    String accessKeyId, Secret secretAccessKey, Optional<Secret> sessionToken) {
  @Override
  public String toString() {
    return "AwsCredentials[***]";
  }
}
