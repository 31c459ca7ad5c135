package dev.dunes.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/** Hands our standard input on to a command, byte for byte, until one of the two ends. */
final class StdinPump {
  private static final int CHUNK = 64 << 10;

  private StdinPump() {}

  /** Starts it. It ends with the process at the latest: nothing else ends a read from a pipe. */
  static void start(InputStream from, OutputStream to) {
    Thread.ofPlatform().daemon().name("stdin").start(() -> pump(from, to));
  }

  private static void pump(InputStream from, OutputStream to) {
    try (to) {
      byte[] buffer = new byte[CHUNK];
      for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
        to.write(buffer, 0, count);
        to.flush();
      }
    } catch (IOException e) {
      // The command has ended or does not read: what is left is nobody's.
    }
  }
}
