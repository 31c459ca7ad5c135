package dev.dunes.server.agentapi;

import dev.dunes.server.http.SseFrames;
import dev.dunes.server.http.SseStream;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/**
 * Events as clients get them: the journal's own bytes, with what the agent wrote put in on demand.
 * Not safe for use by several threads.
 */
final class EventFrames {
  /** How every event of a journal ends. */
  private static final byte[] NO_RAW = "null}".getBytes(StandardCharsets.US_ASCII);

  /** Before this, no string of an event can hold a quotation mark that is not escaped. */
  private static final byte[] TYPE = ",\"type\":\"".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] ENDED = "session.ended\"".getBytes(StandardCharsets.US_ASCII);

  /** What is written at once. */
  private static final int BATCH = 256 << 10;

  private final boolean raw;
  private final SseFrames frames = new SseFrames();

  /**
   * @param raw whether what the agent wrote is put in
   */
  EventFrames(boolean raw) {
    this.raw = raw;
  }

  /** Sends events until there are none, or until one is the last. */
  void relay(SessionEvents events, SseStream stream, Predicate<SessionEvent> last)
      throws InterruptedException {
    for (List<SessionEvent> batch = events.next(); !batch.isEmpty(); batch = events.next()) {
      for (SessionEvent event : batch) {
        add(event);
        if (last.test(event)) {
          stream.send(frames);
          return;
        }
        if (frames.length() >= BATCH) {
          stream.send(frames);
        }
      }
      stream.send(frames);
    }
  }

  private void add(SessionEvent event) {
    byte[] json = event.json();
    frames.id(event.sequence()).begin();
    if (raw && event.raw().isPresent()) {
      frames.part(json, 0, json.length - NO_RAW.length);
      byte[] written = event.raw().get();
      frames.part(written, 0, written.length).part(NO_RAW, NO_RAW.length - 1, NO_RAW.length);
    } else {
      frames.part(json, 0, json.length);
    }
    frames.end();
  }

  /** The same for an array of events. */
  static void write(SessionEvent event, boolean raw, ByteArrayOutputStream target) {
    byte[] json = event.json();
    if (raw && event.raw().isPresent()) {
      target.write(json, 0, json.length - NO_RAW.length);
      target.writeBytes(event.raw().get());
      target.write('}');
    } else {
      target.writeBytes(json);
    }
  }

  /** Whether an event is {@code session.ended}; it is not read for that. */
  static boolean endsSession(SessionEvent event) {
    byte[] json = event.json();
    for (int i = 0; i + TYPE.length + ENDED.length <= json.length; i++) {
      if (at(json, i, TYPE)) {
        return at(json, i + TYPE.length, ENDED);
      }
    }
    return false;
  }

  private static boolean at(byte[] json, int position, byte[] expected) {
    for (int i = 0; i < expected.length; i++) {
      if (json[position + i] != expected[i]) {
        return false;
      }
    }
    return true;
  }
}
