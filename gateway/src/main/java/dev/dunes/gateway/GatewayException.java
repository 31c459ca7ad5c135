package dev.dunes.gateway;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/** The gateway cannot do what it was asked to. No message of one holds a key. */
public sealed class GatewayException extends RuntimeException
    permits ModelConfigurationException, CassetteException {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * @param code stable, lower case with underscores
   */
  GatewayException(String code, String message, @Nullable Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.code = requireNonNull(code, "code");
  }

  /** A stable name for programs, such as {@code model_not_configured}. */
  public final String code() {
    return code;
  }
}
