package dev.dunes.sandbox;

import java.util.OptionalInt;

/**
 * How a file is written.
 *
 * @param append add to its end instead of replacing its contents
 * @param createParents make missing directories above it
 * @param exclusive fail when it exists
 * @param atomic others see the old contents or the new, never a part; an unfinished write leaves
 *     nothing
 * @param mode permission bits for it; else an existing file keeps its own and a new one gets 0644
 */
public record WriteOptions(
    boolean append, boolean createParents, boolean exclusive, boolean atomic, OptionalInt mode) {
  /** Replaces contents in place, makes missing parents. */
  public static final WriteOptions DEFAULT =
      new WriteOptions(false, true, false, false, OptionalInt.empty());

  /** Adds to the end, makes missing parents. */
  public static final WriteOptions APPEND =
      new WriteOptions(true, true, false, false, OptionalInt.empty());

  /** Replaces the file as a whole when everything has arrived, makes missing parents. */
  public static final WriteOptions ATOMIC =
      new WriteOptions(false, true, false, true, OptionalInt.empty());

  public WriteOptions {
    if (append && atomic) {
      throw InvalidRequestException.field("atomic", true, "append or atomic, not both");
    }
    if (mode.isPresent() && (mode.getAsInt() & ~07777) != 0) {
      throw InvalidRequestException.field(
          "mode", Integer.toOctalString(mode.getAsInt()), "permission bits from 0 to 07777");
    }
  }

  public WriteOptions withMode(int bits) {
    return new WriteOptions(append, createParents, exclusive, atomic, OptionalInt.of(bits));
  }

  public WriteOptions withExclusive(boolean value) {
    return new WriteOptions(append, createParents, value, atomic, mode);
  }

  public WriteOptions withCreateParents(boolean value) {
    return new WriteOptions(append, value, exclusive, atomic, mode);
  }
}
