package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.CloudErrors;
import dev.dunes.provider.cloud.Secrets;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Statuses of gRPC as exceptions, and what they say about a second try. Cloud providers 3.3. */
final class ModalErrors {
  private static final Metadata.Key<byte[]> DETAILS =
      Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

  /** The message in the details that asks for another try. */
  private static final String RETRY_POLICY = "RPCRetryPolicy";

  private static final Set<Status.Code> TRANSIENT =
      Set.of(
          Status.Code.DEADLINE_EXCEEDED,
          Status.Code.UNAVAILABLE,
          Status.Code.CANCELLED,
          Status.Code.INTERNAL,
          Status.Code.UNKNOWN);

  private static final Duration MOST_ASKED = Duration.ofDays(1);

  private final Secrets secrets;

  ModalErrors(Secrets secrets) {
    this.secrets = secrets;
  }

  /** Whether it may go well the next time. */
  static boolean passing(StatusException e) {
    return TRANSIENT.contains(e.getStatus().getCode());
  }

  static boolean unauthenticated(StatusException e) {
    return e.getStatus().getCode() == Status.Code.UNAUTHENTICATED;
  }

  static boolean is(StatusException e, Status.Code code) {
    return e.getStatus().getCode() == code;
  }

  /** How long the server asks to wait before it is asked again. */
  static Optional<Duration> retryAfter(@Nullable Metadata trailers) {
    byte[] details = trailers == null ? null : trailers.get(DETAILS);
    if (details == null) {
      return Optional.empty();
    }
    try {
      // google.rpc.Status: details=3, each an Any{type_url=1, value=2}
      return WireMessage.of(details).messages(3).stream()
          .filter(any -> any.text(1).endsWith(RETRY_POLICY))
          .map(any -> WireMessage.of(any.bytes(2)).single(1))
          .filter(seconds -> seconds >= 0 && seconds <= MOST_ASKED.toSeconds())
          .map(seconds -> Duration.ofMillis((long) (seconds * 1000.0)))
          .findFirst();
    } catch (ProviderException e) {
      return Optional.empty(); // what nobody can read asks for nothing
    }
  }

  SandboxException of(StatusException e, Optional<String> sandbox) {
    Status status = e.getStatus();
    String words = Optional.ofNullable(status.getDescription()).orElse("no reason given");
    SandboxException known =
        CloudErrors.of(
            ModalSandboxProviderFactory.NAME,
            ModalSettings.CREDENTIALS,
            http(status.getCode()),
            "%s: %s".formatted(status.getCode(), secrets.clean(words)),
            sandbox,
            retryAfter(e.getTrailers()));
    if (status.getCause() != null) {
      known.addSuppressed(status.getCause());
    }
    return known;
  }

  /** The status of HTTP that means the same. */
  private static int http(Status.Code code) {
    return switch (code) {
      case UNAUTHENTICATED -> 401;
      case PERMISSION_DENIED -> 403;
      case NOT_FOUND -> 404;
      case DEADLINE_EXCEEDED -> 504;
      case FAILED_PRECONDITION, ALREADY_EXISTS, ABORTED -> 409;
      case RESOURCE_EXHAUSTED -> 429;
      case INVALID_ARGUMENT, OUT_OF_RANGE -> 400;
      case UNIMPLEMENTED -> 501;
      case UNAVAILABLE, CANCELLED -> 502;
      case OK, UNKNOWN, INTERNAL, DATA_LOSS -> 500;
    };
  }
}
