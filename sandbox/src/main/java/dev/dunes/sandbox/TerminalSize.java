package dev.dunes.sandbox;

/**
 * The size of a terminal in character cells.
 *
 * @param columns 1 to 65535
 * @param rows 1 to 65535
 */
public record TerminalSize(int columns, int rows) {
  /** 80 by 24. */
  public static final TerminalSize DEFAULT = new TerminalSize(80, 24);

  public TerminalSize {
    if (columns < 1 || columns > 0xFFFF) {
      throw InvalidRequestException.field("terminal.columns", columns, "a number from 1 to 65535");
    }
    if (rows < 1 || rows > 0xFFFF) {
      throw InvalidRequestException.field("terminal.rows", rows, "a number from 1 to 65535");
    }
  }
}
