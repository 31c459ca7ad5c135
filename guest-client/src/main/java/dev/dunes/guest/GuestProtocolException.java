package dev.dunes.guest;

import java.io.IOException;

/** The other side broke the protocol. The connection cannot be used any more. */
public final class GuestProtocolException extends IOException {
  private static final long serialVersionUID = 1L;

  public GuestProtocolException(String message) {
    super(message);
  }
}
