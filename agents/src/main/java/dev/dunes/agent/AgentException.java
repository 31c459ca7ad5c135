package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An agent could not be installed, started or spoken to. */
public class AgentException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final @Nullable String remedy;

  /**
   * @param code stable, lower case with underscores, such as {@code install_failed}
   * @param message what happened, one line
   * @param remedy what to do about it, one line
   */
  public AgentException(
      String code, String message, @Nullable String remedy, @Nullable Throwable cause) {
    super(requireNonNull(message, "message"), cause);
    this.code = requireNonNull(code, "code");
    this.remedy = remedy;
  }

  /** A stable name for programs. */
  public final String code() {
    return code;
  }

  /** What the user can do about it. */
  public final Optional<String> remedy() {
    return Optional.ofNullable(remedy);
  }
}
