package dev.dunes.hosting;

/** A step of a build has failed; the message is for people. */
final class BuildFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String step;

  BuildFailedException(String step, String message) {
    super(message);
    this.step = step;
  }

  String step() {
    return step;
  }
}
