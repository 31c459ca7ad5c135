package dev.dunes.gateway;

import dev.dunes.gateway.cassette.Chunk;
import dev.dunes.gateway.cassette.Conversation;
import dev.dunes.gateway.cassette.Recording;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Keeps one exchange until it is over and can be written down. */
final class Tape {
  private static final int MAX_ANSWER = 64 * 1024 * 1024;

  private final Recorder recorder;
  private final Route route;
  private final ByteArrayOutputStream request = new ByteArrayOutputStream();
  private final List<Chunk> chunks = new ArrayList<>();
  private final long start = System.nanoTime();
  private long size;

  Tape(Recorder recorder, Route route) {
    this.recorder = recorder;
    this.route = route;
  }

  void asked(byte[] bytes) {
    request.writeBytes(bytes);
  }

  void answered(byte[] bytes) {
    size += bytes.length;
    if (size <= MAX_ANSWER) {
      chunks.add(new Chunk(millis(), bytes));
    }
  }

  /** The exchange came to its end. */
  void over(int status, String contentType) {
    if (size > MAX_ANSWER) {
      recorder.failed("an answer is larger than " + MAX_ANSWER + " bytes");
      return;
    }
    try {
      Conversation conversation =
          Conversation.of(route.protocol(), route.kind(), route.streams(), request.toByteArray());
      recorder.write(new Recording(conversation, status, contentType, chunks, millis()));
    } catch (IllegalArgumentException e) {
      recorder.failed("a request could not be read: " + e.getMessage());
    }
  }

  private long millis() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }
}
