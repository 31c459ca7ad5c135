package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Channel;
import java.util.OptionalInt;

/** What a process at a vendor did. */
public sealed interface VendorEvent {
  /**
   * It wrote something.
   *
   * @param channel where
   * @param data the bytes; at least one, handed over
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Output(Channel channel, byte[] data) implements VendorEvent {}

  /**
   * It ended; nothing follows.
   *
   * @param code its exit code; 128 + n when signal n killed it
   * @param signal the signal that killed it
   */
  record Exit(int code, OptionalInt signal) implements VendorEvent {
    /** An end by itself. */
    public static Exit code(int code) {
      return new Exit(code, OptionalInt.empty());
    }

    /** An end by a signal. */
    public static Exit signal(int signal) {
      return new Exit(128 + signal, OptionalInt.of(signal));
    }
  }
}
