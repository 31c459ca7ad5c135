package dev.dunes.server.e2b.code;

/** Code cannot be run; the message is for the client. */
final class KernelException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  KernelException(String message) {
    super(message);
  }

  KernelException(String message, Throwable cause) {
    super(message, cause);
  }
}
