package dev.dunes.cli;

import java.io.IOException;

/** Nobody reads our output any more, as with {@code | head}, or it cannot be written. */
final class OutputClosedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  OutputClosedException(IOException cause) {
    super(cause.getMessage(), cause);
  }

  /** Whether the reader went away, which is no error. */
  boolean readerIsGone() {
    String message = getMessage();
    return message != null && message.contains("Broken pipe");
  }
}
