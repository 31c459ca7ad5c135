package dev.dunes.cli;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Consumer;

/**
 * Passes server-sent events on, each whole and at once, as they are. Comments are left out: they
 * only say that the other side is alive.
 */
final class FramePipe {
  /** No event is longer. */
  private static final int LONGEST = 16 << 20;

  private final InputStream in;
  private final Consumer<byte[]> out;
  private final ByteArrayOutputStream frame = new ByteArrayOutputStream();

  FramePipe(InputStream in, Consumer<byte[]> out) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.out = out;
  }

  /** Until the stream ends. Half an event at its end is none. */
  void run() throws IOException {
    boolean blank = true;
    boolean comment = false;
    for (int next = in.read(); next >= 0; next = in.read()) {
      if (next == '\r') {
        continue; // line ends here are \n or \r\n
      }
      if (blank && next == ':') {
        comment = true;
      }
      if (next != '\n') {
        blank = false;
        if (!comment) {
          add(next);
        }
        continue;
      }
      if (!comment) {
        end(blank);
      }
      blank = true;
      comment = false;
    }
  }

  private void end(boolean blank) throws IOException {
    if (!blank) {
      add('\n');
    } else if (frame.size() > 0) {
      add('\n');
      out.accept(frame.toByteArray());
      frame.reset();
    }
  }

  private void add(int next) throws IOException {
    if (frame.size() >= LONGEST) {
      throw new IOException("an event of more than 16 MiB");
    }
    frame.write(next);
  }
}
