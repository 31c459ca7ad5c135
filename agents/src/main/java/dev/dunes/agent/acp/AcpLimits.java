package dev.dunes.agent.acp;

/** How much of what an agent says is kept; what comes from a sandbox may be anything. */
final class AcpLimits {
  /** Of one text: a message, the output of a tool, its arguments. Characters. */
  static final int TEXT = 1 << 20;

  /** Of the text of a message: beyond this it goes on as another item. Characters. */
  static final int MESSAGE = 8 << 20;

  /** Tools that are not done. */
  static final int OPEN_TOOLS = 64;

  /** Tools that are done, by their ids. */
  static final int DONE_TOOLS = 4096;

  /** Files of one call. */
  static final int FILES = 64;

  private AcpLimits() {}

  /** The start of a text that is too long. */
  static String cut(String text) {
    return text.length() <= TEXT
        ? text
        : text.substring(0, TEXT) + "\n[%d characters more]".formatted(text.length() - TEXT);
  }
}
