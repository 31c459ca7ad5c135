package dev.dunes.gateway;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.streams.ReadStream;
import java.io.ByteArrayOutputStream;
import java.util.function.Consumer;

/** Gathers a whole body, up to a bound. */
final class Collector {
  private Collector() {}

  /**
   * @param progress for each piece
   * @param tooLarge once, when it is larger than the bound; nothing else follows
   * @param whole once, at its end
   */
  static void collect(
      ReadStream<Buffer> body,
      long max,
      Runnable progress,
      Runnable tooLarge,
      Consumer<byte[]> whole) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    boolean[] over = {false};
    body.handler(piece -> {
      progress.run();
      if (over[0]) {
        return;
      }
      if (bytes.size() + (long) piece.length() > max) {
        over[0] = true;
        tooLarge.run();
      } else {
        bytes.writeBytes(piece.getBytes());
      }
    });
    body.endHandler(end -> {
      if (!over[0]) {
        whole.accept(bytes.toByteArray());
      }
    });
    body.resume();
  }
}
