package dev.dunes.agent.drive;

/** A piece of what an agent's process wrote. */
public sealed interface RawOutput {
  /** A line of standard output without its end. */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Line(byte[] bytes) implements RawOutput {}

  /** A line of standard output that was too long and is gone. */
  record TooLong(long bytes) implements RawOutput {}

  /** Something on standard error. */
  record Diagnostics(String text) implements RawOutput {}

  /** Nothing: whoever waits shall look around. */
  record Wake() implements RawOutput {}

  /** Both are at their end. */
  record End() implements RawOutput {}

  /** How much memory it takes. */
  default int size() {
    return switch (this) {
      case Line line -> line.bytes().length;
      case Diagnostics diagnostics -> 2 * diagnostics.text().length();
      case TooLong _, Wake _, End _ -> 0;
    };
  }
}
