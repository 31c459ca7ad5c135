package dev.dunes.server.http;

import java.io.IOException;

/** A body that was read as it came has more bytes than it may. */
public final class BodyTooLargeException extends IOException {
  private static final long serialVersionUID = 1L;

  public BodyTooLargeException(long most) {
    super("the body has more than " + most + " bytes");
  }
}
