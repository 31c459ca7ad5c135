package dev.dunes.server.e2b.connect;

/** Bytes that are no message of the kind that was expected. The message is for the client. */
public final class MalformedMessageException extends Exception {
  private static final long serialVersionUID = 1L;

  MalformedMessageException(String message) {
    super(message);
  }
}
