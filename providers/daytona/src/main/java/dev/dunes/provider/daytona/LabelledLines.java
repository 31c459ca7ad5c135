package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.FramedProcess.Line;
import dev.dunes.sandbox.Channel;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * The log of a command, whose bytes are those of standard output after {@code 01 01 01} and of
 * standard error after {@code 02 02 02}. What comes before the first mark is nobody's.
 */
final class LabelledLines {
  private static final int MARK = 3;
  private static final int LONGEST = 1 << 20;

  private final Map<Channel, ByteArrayOutputStream> lines = new EnumMap<>(Channel.class);
  private Channel current = Channel.STDOUT;
  private boolean begun;
  private int held;
  private int heldValue;

  /** The lines that are complete with these bytes. */
  List<Line> take(byte[] bytes) {
    List<Line> complete = new ArrayList<>();
    for (byte value : bytes) {
      if (value == 1 || value == 2) {
        if (held > 0 && heldValue != value) {
          release(complete);
        }
        heldValue = value;
        held++;
        if (held == MARK) {
          held = 0;
          begun = true;
          current = value == 1 ? Channel.STDOUT : Channel.STDERR;
        }
      } else {
        release(complete);
        add(value, complete);
      }
    }
    return complete;
  }

  /** What looked like the beginning of a mark was none. */
  private void release(List<Line> complete) {
    while (held > 0) {
      held--;
      add((byte) heldValue, complete);
    }
  }

  private void add(byte value, List<Line> complete) {
    if (!begun) {
      return;
    }
    ByteArrayOutputStream line =
        lines.computeIfAbsent(current, channel -> new ByteArrayOutputStream());
    if (value == '\n') {
      complete.add(new Line(current, line.toString(StandardCharsets.UTF_8)));
      line.reset();
    } else if (line.size() < LONGEST) {
      line.write(value);
    }
  }
}
