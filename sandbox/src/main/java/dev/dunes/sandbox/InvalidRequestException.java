package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

/**
 * A value given by the caller cannot be used. Names the field and what it accepts; nothing was
 * done.
 */
public final class InvalidRequestException extends SandboxException {
  private static final long serialVersionUID = 1L;

  private final String field;

  public InvalidRequestException(String field, String message, ErrorDetails details) {
    super("invalid_request", message, details);
    this.field = requireNonNull(field, "field");
  }

  /** "{@code field: 'value' is not allowed; use accepted}". */
  public static InvalidRequestException field(String field, Object value, String accepted) {
    return new InvalidRequestException(
        field,
        "%s: '%s' cannot be used".formatted(field, value),
        ErrorDetails.remedy("use " + accepted));
  }

  /** The name of the field that was refused. */
  public String field() {
    return field;
  }
}
