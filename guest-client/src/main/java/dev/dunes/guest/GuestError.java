package dev.dunes.guest;

/**
 * An ERROR frame.
 *
 * @param code why
 * @param errno the guest's errno, or 0
 * @param message the guest's own words: hostile text, shown cut and without control characters
 */
record GuestError(ErrorCode code, int errno, String message) {
  private static final int LONGEST_MESSAGE = 512;

  static GuestError parse(PayloadReader in) throws GuestProtocolException {
    ErrorCode code = ErrorCode.of(in.u16());
    int errno = in.u32();
    String message = in.str();
    in.end();
    return new GuestError(code, errno, printable(message));
  }

  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(LONGEST_MESSAGE)
        .map(c -> isHarmless(c) ? c : '?')
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }

  /** Neither moves the cursor, ends the line nor turns the writing direction. */
  private static boolean isHarmless(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED ->
          false;
      default -> true;
    };
  }
}
