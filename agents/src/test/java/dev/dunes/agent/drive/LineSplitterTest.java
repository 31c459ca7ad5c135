package dev.dunes.agent.drive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.CharRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;

final class LineSplitterTest {
  /** Whatever the pieces: the same lines; those over the limit are counted and gone. */
  @Property(tries = 300)
  void linesDoNotDependOnPieces(
      @ForAll @Size(max = 20)
          List<@StringLength(max = 12) @CharRange(from = 'a', to = 'z') String> lines,
      @ForAll @IntRange(min = 1, max = 7) int piece,
      @ForAll boolean ended)
      throws Exception {
    int limit = 8;
    String text = String.join("\n", lines) + (ended ? "\n" : "");
    List<String> got = new ArrayList<>();
    new LineSplitter(limit)
        .read(
            new Pieces(text.getBytes(StandardCharsets.UTF_8), piece),
            new LineSplitter.Lines() {
              @Override
              public void line(byte[] bytes) {
                got.add(new String(bytes, StandardCharsets.UTF_8));
              }

              @Override
              public void tooLong(long bytes) {
                got.add("too long: " + bytes);
              }
            });

    assertThat(got)
        .isEqualTo(
            Arrays.stream(text.split("\n"))
                .filter(line -> !line.isEmpty())
                .map(line -> line.length() > limit ? "too long: " + line.length() : line)
                .toList());
  }

  /** Gives a few bytes at a time. */
  private static final class Pieces extends InputStream {
    private final ByteArrayInputStream in;
    private final int piece;

    Pieces(byte[] bytes, int piece) {
      this.in = new ByteArrayInputStream(bytes);
      this.piece = piece;
    }

    @Override
    public int read() {
      return in.read();
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      return in.read(buffer, offset, Math.min(piece, length));
    }
  }
}
