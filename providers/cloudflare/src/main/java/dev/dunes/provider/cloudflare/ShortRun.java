package dev.dunes.provider.cloudflare;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What a short program gave, with bounds.
 *
 * @param code its exit code; 124 when the bridge killed it
 * @param output its standard output
 * @param errors the end of its standard error
 */
record ShortRun(int code, String output, String errors) {
  private static final int MOST_OUTPUT = 64 << 20;
  private static final int MOST_ERRORS = 4096;

  /** Waits for its end. */
  static ShortRun of(ExecEvents events) throws IOException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    byte[] errors = {};
    while (true) {
      switch (events.next()) {
        case ExecEvents.Output out -> {
          switch (out.channel()) {
            case STDOUT -> {
              if (output.size() + out.data().length > MOST_OUTPUT) {
                throw new IOException("a short command gave far too much output");
              }
              output.writeBytes(out.data());
            }
            case STDERR -> errors = end(errors, out.data());
          }
        }
        case ExecEvents.Exit exit -> {
          return new ShortRun(
              exit.code(),
              output.toString(StandardCharsets.UTF_8),
              new String(errors, StandardCharsets.UTF_8).strip());
        }
        case ExecEvents.Failed failed -> throw failed.problem();
      }
    }
  }

  private static byte[] end(byte[] before, byte[] more) {
    byte[] all = Arrays.copyOf(before, before.length + more.length);
    System.arraycopy(more, 0, all, before.length, more.length);
    return all.length <= MOST_ERRORS
        ? all
        : Arrays.copyOfRange(all, all.length - MOST_ERRORS, all.length);
  }

  /** Whether it did not run, because the container is a fresh one. */
  boolean gone() {
    return code != 0 && output.strip().equals(Gate.GONE);
  }
}
