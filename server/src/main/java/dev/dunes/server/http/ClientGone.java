package dev.dunes.server.http;

/** The client has left, or does not read: nobody is there to be answered. */
public final class ClientGone extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public ClientGone(String why) {
    super(why, null, false, false);
  }
}
