package dev.dunes.sandbox.spi;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import java.io.ByteArrayOutputStream;
import java.util.Optional;

/** Reads a command's output to its end, within a limit. */
public final class OutputCollector {
  private OutputCollector() {}

  /**
   * Waits for a command and collects what it writes.
   *
   * @param limit how many bytes of each channel are kept; the rest is read and dropped
   */
  public static ExecResult collect(RunningCommand command, int limit) {
    Kept stdout = new Kept(limit);
    Kept stderr = new Kept(limit);
    for (Optional<OutputChunk> chunk = command.take(); chunk.isPresent(); chunk = command.take()) {
      OutputChunk taken = chunk.get();
      (taken.channel() == Channel.STDOUT ? stdout : stderr).add(taken.data());
    }
    return new ExecResult(
        command.waitFor(), stdout.bytes(), stderr.bytes(), stdout.truncated || stderr.truncated);
  }

  private static final class Kept {
    private static final byte[] NOTHING = {};

    private final int limit;
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(0);
    private byte[] single = NOTHING;
    private boolean truncated;

    Kept(int limit) {
      this.limit = limit;
    }

    void add(byte[] data) {
      if (single == NOTHING && bytes.size() == 0 && data.length <= limit) {
        single = data; // the common case, a short answer in one chunk, is not copied
        return;
      }
      if (single != NOTHING) {
        bytes.writeBytes(single);
        single = NOTHING;
      }
      int room = Math.min(limit - bytes.size(), data.length);
      bytes.write(data, 0, room);
      truncated |= room < data.length;
    }

    byte[] bytes() {
      return single == NOTHING ? bytes.toByteArray() : single;
    }
  }
}
