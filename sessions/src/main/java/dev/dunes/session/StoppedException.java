package dev.dunes.session;

/** The run shall end early. */
final class StoppedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient StopReason reason;

  StoppedException(StopReason reason) {
    super(reason.message(), null, false, false);
    this.reason = reason;
  }

  StopReason reason() {
    return reason;
  }
}
