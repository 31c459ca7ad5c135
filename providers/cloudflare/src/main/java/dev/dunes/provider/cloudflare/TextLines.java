package dev.dunes.provider.cloudflare;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes lines of chunks. */
final class TextLines {
  private static final int LONGEST = 2 << 20;

  private final ByteArrayOutputStream rest = new ByteArrayOutputStream();

  /** The lines that are whole now, without their ends. */
  List<String> take(byte[] chunk) throws IOException {
    List<String> lines = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == '\n') {
        rest.write(chunk, from, i - from);
        lines.add(rest.toString(StandardCharsets.UTF_8));
        rest.reset();
        from = i + 1;
      }
    }
    if (rest.size() + chunk.length - from > LONGEST) {
      throw new IOException("a line is too long");
    }
    rest.write(chunk, from, chunk.length - from);
    return lines;
  }
}
