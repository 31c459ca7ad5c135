package dev.dunes.session.journal;

import dev.dunes.session.SessionEvent;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Events that were written together, as bytes: each has its length before it, four bytes. Among the
 * raw ones −1 says that there is none, and −2 that it is the same as the one before.
 */
@SuppressWarnings("ArrayRecordComponent") // handed over, never compared
record Block(long first, int count, byte[] json, byte @Nullable [] raw) {
  /** At most so many events. */
  static final int MOST_EVENTS = 512;

  /** At most so many bytes, unless one event alone has more. */
  static final int MOST_BYTES = 1 << 20;

  private static final int NONE = -1;
  private static final int SAME = -2;

  /** Those of a list from one index to another, not included. */
  static Block of(List<SessionEvent> events, int from, int to) {
    int bytes = 0;
    boolean anyRaw = false;
    for (int i = from; i < to; i++) {
      bytes += Integer.BYTES + events.get(i).json().length;
      anyRaw |= events.get(i).raw().isPresent();
    }
    ByteBuffer json = ByteBuffer.allocate(bytes);
    for (int i = from; i < to; i++) {
      byte[] each = events.get(i).json();
      json.putInt(each.length).put(each);
    }
    return new Block(
        events.get(from).sequence(),
        to - from,
        json.array(),
        anyRaw ? raw(events, from, to) : null);
  }

  /** Where the block that begins here must end. */
  static int end(List<SessionEvent> events, int from) {
    int bytes = 0;
    int at = from;
    while (at < events.size() && at - from < MOST_EVENTS) {
      bytes += size(events.get(at));
      if (at > from && bytes > MOST_BYTES) {
        return at;
      }
      at++;
    }
    return at;
  }

  /** What an event takes, roughly. */
  static int size(SessionEvent event) {
    return Integer.BYTES + event.json().length + event.raw().map(raw -> raw.length).orElse(0);
  }

  private static byte[] raw(List<SessionEvent> events, int from, int to) {
    int bytes = 0;
    byte[] before = null;
    for (int i = from; i < to; i++) {
      byte[] each = events.get(i).raw().orElse(null);
      bytes += Integer.BYTES + (each == null || each == before ? 0 : each.length);
      before = each;
    }
    ByteBuffer raw = ByteBuffer.allocate(bytes);
    before = null;
    for (int i = from; i < to; i++) {
      byte[] each = events.get(i).raw().orElse(null);
      if (each == null) {
        raw.putInt(NONE);
      } else if (each == before) {
        raw.putInt(SAME);
      } else {
        raw.putInt(each.length).put(each);
      }
      before = each;
    }
    return raw.array();
  }

  /** Adds the events after an offset, at most so many. */
  void addTo(List<SessionEvent> target, long offset, long most) {
    ByteBuffer jsons = ByteBuffer.wrap(json);
    ByteBuffer raws = raw == null ? null : ByteBuffer.wrap(raw);
    Optional<byte[]> rawBefore = Optional.empty();
    long left = most;
    for (int i = 0; i < count && left > 0; i++) {
      long sequence = first + i;
      int length = jsons.getInt();
      rawBefore = raws == null ? Optional.empty() : next(raws, rawBefore);
      if (sequence <= offset) {
        jsons.position(jsons.position() + length);
        continue;
      }
      byte[] each = new byte[length];
      jsons.get(each);
      target.add(new SessionEvent(sequence, each, rawBefore));
      left--;
    }
  }

  private static Optional<byte[]> next(ByteBuffer raws, Optional<byte[]> before) {
    int length = raws.getInt();
    if (length == NONE) {
      return Optional.empty();
    }
    if (length == SAME) {
      return before;
    }
    byte[] raw = new byte[length];
    raws.get(raw);
    return Optional.of(raw);
  }

  /** An empty list for events. */
  static List<SessionEvent> list() {
    return new ArrayList<>();
  }
}
