package dev.dunes.server.http;

/** Ends the handling of a request with this answer. */
public final class HttpFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Reply reply;

  public HttpFailure(Reply reply) {
    super("HTTP " + reply.status(), null, false, false);
    this.reply = reply;
  }

  public Reply reply() {
    return reply;
  }
}
