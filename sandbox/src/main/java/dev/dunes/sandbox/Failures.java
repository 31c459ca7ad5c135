package dev.dunes.sandbox;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What is said when providers fail. */
final class Failures {
  private Failures() {}

  /** Whatever a provider threw, as one of ours. An error is thrown on. */
  static SandboxException asSandboxException(String provider, @Nullable Throwable thrown) {
    return switch (thrown) {
      case SandboxException known -> known;
      case Error error -> throw error;
      case null -> new ProviderException("provider '%s' failed".formatted(provider));
      default ->
          new ProviderException(
              "provider '%s' failed: %s".formatted(provider, thrown),
              ErrorDetails.cause(thrown).withProvider(provider));
    };
  }

  /**
   * What the caller of a chain of providers gets. A single provider's failure of a telling class is
   * that exception itself, so that quota, authentication and the like can be told apart; else one
   * with all attempts attached.
   */
  static SandboxException ofChain(List<SandboxException> attempts) {
    SandboxException last = attempts.getLast();
    if (attempts.size() == 1 && last.getClass() != ProviderException.class) {
      return last;
    }
    ProviderException all =
        new ProviderException(
            "Failed to create sandbox with any provider: " + last.getMessage(), detailsOf(last));
    attempts.forEach(all::addSuppressed);
    return all;
  }

  private static ErrorDetails detailsOf(SandboxException last) {
    ErrorDetails details = ErrorDetails.cause(last);
    details = last.remedy().map(details::withRemedy).orElse(details);
    details = last.provider().map(details::withProvider).orElse(details);
    details = last.retryAfter().map(details::withRetryAfter).orElse(details);
    return last.statusCode().isPresent()
        ? details.withStatus(last.statusCode().getAsInt())
        : details;
  }
}
