package dev.dunes.server.v1;

import java.util.Arrays;
import java.util.Locale;

/** The types of problems. Agent API, sheet 2.4; ACP, sheet 2.5 and 2.12. */
public enum ProblemType {
  INVALID_REQUEST("Invalid Request", 400),
  UNSUPPORTED_AGENT("Unsupported Agent", 400),
  AGENT_NOT_INSTALLED("Agent Not Installed", 404),
  INSTALL_FAILED("Install Failed", 500),
  AGENT_PROCESS_EXITED("Agent Process Exited", 500),
  TOKEN_INVALID("Token Invalid", 401),
  PERMISSION_DENIED("Permission Denied", 403),
  NOT_ACCEPTABLE("Not Acceptable", 406),
  UNSUPPORTED_MEDIA_TYPE("Unsupported Media Type", 415),
  NOT_FOUND("Not Found", 404),
  SESSION_NOT_FOUND("Session Not Found", 404),
  SESSION_ALREADY_EXISTS("Session Already Exists", 409),
  MODE_NOT_SUPPORTED("Mode Not Supported", 400),
  CONFLICT("Conflict", 409),
  STREAM_ERROR("Stream Error", 502),
  TIMEOUT("Timeout", 504),
  DESKTOP_DEPENDENCIES_MISSING("Desktop Dependencies Missing", 503),
  INTERNAL_ERROR("Internal Error", 500);

  private final String title;
  private final int status;

  ProblemType(String title, int status) {
    this.title = title;
    this.status = status;
  }

  /** The type of this name; {@link #INTERNAL_ERROR} when there is none. */
  static ProblemType named(String name) {
    return Arrays.stream(values())
        .filter(type -> type.wireName().equals(name))
        .findFirst()
        .orElse(INTERNAL_ERROR);
  }

  String title() {
    return title;
  }

  int status() {
    return status;
  }

  /** As in the URN. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
