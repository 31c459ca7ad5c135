package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxQuotaException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.util.Optional;

/** Statuses of HTTP as exceptions. Cloud providers 3.3. */
public final class CloudErrors {
  private CloudErrors() {}

  /**
   * The exception for an answer.
   *
   * @param credentials what the credentials are called, for the remedy: names, never values
   * @param sandbox the id of the sandbox it is about
   * @param retryAfter how long the vendor asks to wait
   */
  public static SandboxException of(
      String provider,
      String credentials,
      int status,
      String message,
      Optional<String> sandbox,
      Optional<Duration> retryAfter) {
    ErrorDetails details = ErrorDetails.NONE.withProvider(provider).withStatus(status);
    if (sandbox.isPresent()) {
      details = details.withSandbox(sandbox.get());
    }
    if (retryAfter.isPresent()) {
      details = details.withRetryAfter(retryAfter.get());
    }
    String text = "%s answered %d: %s".formatted(provider, status, message);
    return switch (status) {
      case 401, 403 ->
          new SandboxAuthenticationException(
              text, details.withRemedy("check " + credentials + ": what it may do, and its value"));
      case 404, 410 ->
          new SandboxNotFoundException(text, details.withRemedy("`ds list` shows what there is"));
      case 408, 504 ->
          new SandboxTimeoutException(text, details.withRemedy("try again; see its status page"));
      case 409, 422 ->
          new SandboxStateException(text, details.withRemedy("look at its state with `ds list`"));
      case 429, 503 ->
          new SandboxQuotaException(
              text,
              details.withRemedy(
                  retryAfter
                      .map(wait -> "try again in %d s".formatted(Math.max(1, wait.toSeconds())))
                      .orElse("try again later, or ask for a higher limit")));
      default ->
          new ProviderException(
              text,
              details.withRemedy(
                  status >= 500
                      ? "try again; see the provider's status page"
                      : "correct what it complains about"));
    };
  }
}
