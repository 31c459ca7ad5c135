package dev.dunes.sandbox;

/** Passes on what a {@link Work} threw on another thread. */
final class Rethrow {
  private Rethrow() {}

  /** Throws it unchanged: an error, an unchecked exception, or the kind the work declares. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
  static <X extends Exception> X unchanged(Throwable thrown) throws X {
    if (thrown instanceof Error error) {
      throw error;
    }
    throw (X) thrown; // it came from a Work<?, X>, so it is an X or unchecked
  }
}
