package dev.dunes.server.e2b.code;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Cuts bytes into lines of bounded length. */
final class Lines {
  private final int most;
  private ByteArrayOutputStream line = new ByteArrayOutputStream();

  /**
   * @param most bytes of a line
   */
  Lines(int most) {
    this.most = most;
  }

  /**
   * Takes more bytes.
   *
   * @return the lines that are whole now, without their ends
   * @throws KernelException when a line is too long
   */
  List<byte[]> add(byte[] data) {
    List<byte[]> whole = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < data.length; i++) {
      if (data[i] == '\n') {
        append(data, start, i);
        whole.add(line.toByteArray());
        line = new ByteArrayOutputStream();
        start = i + 1;
      }
    }
    append(data, start, data.length);
    return whole;
  }

  private void append(byte[] data, int from, int to) {
    if (line.size() + (long) (to - from) > most) {
      throw new KernelException("it said more than %d bytes in one line".formatted(most));
    }
    line.write(data, from, to - from);
  }
}
