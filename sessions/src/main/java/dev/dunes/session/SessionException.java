package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something about a session cannot be done. Its code is the name of a problem type of the agent
 * API, sheet 2.4, such as {@code session_not_found}; its message is that type's {@code detail}.
 */
public final class SessionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;
  private final transient Map<String, Object> extensions;
  private final @Nullable String remedy;

  /**
   * @param code such as {@code session_not_found}
   * @param detail what happened, in the words of the sheet
   * @param extensions further members of the problem object by name: texts, numbers, maps
   * @param remedy what to do about it, one line
   */
  public SessionException(
      String code,
      String detail,
      Map<String, Object> extensions,
      @Nullable String remedy,
      @Nullable Throwable cause) {
    super(requireNonNull(detail, "detail"), cause);
    this.code = requireNonNull(code, "code");
    this.extensions = Map.copyOf(new LinkedHashMap<>(extensions));
    this.remedy = remedy;
  }

  /** The name of the problem type. */
  public String code() {
    return code;
  }

  /** What happened, in the words of the sheet. */
  public String detail() {
    return String.valueOf(getMessage());
  }

  /** Further members of the problem object by name. */
  public Map<String, Object> extensions() {
    return extensions;
  }

  /** What to do about it. */
  public Optional<String> remedy() {
    return Optional.ofNullable(remedy);
  }
}
