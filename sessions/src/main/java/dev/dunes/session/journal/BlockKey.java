package dev.dunes.session.journal;

/** Keys of blocks, see {@link Schema}. */
final class BlockKey {
  private static final int BITS = 40;

  private BlockKey() {}

  static long of(long session, long sequence) {
    return (session << BITS) | sequence;
  }

  /** The least key a session's blocks can have. */
  static long first(long session) {
    return session << BITS;
  }

  /** The greatest key a session's blocks can have. */
  static long last(long session) {
    return first(session + 1) - 1;
  }

  static long session(long key) {
    return key >> BITS;
  }

  static long sequence(long key) {
    return key & ((1L << BITS) - 1);
  }
}
