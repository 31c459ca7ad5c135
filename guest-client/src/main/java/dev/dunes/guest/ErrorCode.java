package dev.dunes.guest;

/**
 * Why a guest refused, docs/guest-protocol.md "Error codes". Numbers unknown here are {@link #IO}.
 */
enum ErrorCode {
  INVALID(1),
  NOT_FOUND(2),
  EXISTS(3),
  IS_DIRECTORY(4),
  NOT_DIRECTORY(5),
  PERMISSION(6),
  NO_SPACE(7),
  NOT_REGULAR(8),
  NOT_EMPTY(9),
  UNKNOWN_USER(10),
  COMMAND_NOT_FOUND(11),
  NOT_EXECUTABLE(12),
  BAD_CWD(13),
  CONNECTION_REFUSED(14),
  LIMIT(15),
  CANCELLED(16),
  READ_ONLY(17),
  TOO_LARGE(18),
  UNSUPPORTED(19),
  PROTOCOL(20),
  IO(21),
  LOOP(22);

  private final int code;

  ErrorCode(int code) {
    this.code = code;
  }

  static ErrorCode of(int code) {
    for (ErrorCode each : values()) {
      if (each.code == code) {
        return each;
      }
    }
    return IO;
  }
}
