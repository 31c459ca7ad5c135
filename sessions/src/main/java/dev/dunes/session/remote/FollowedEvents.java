package dev.dunes.session.remote;

import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionException;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A session's events as they come, over connections that may break: each new one begins after the
 * last event that was read. Agent API, sheets 2.8 and 4.2.
 */
final class FollowedEvents implements SessionEvents {
  private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

  /** A server that is started anew is back within it. */
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final Wire wire;
  private final String path;
  private final CountDownLatch closed = new CountDownLatch(1);
  private volatile Optional<FrameEvents> connection;
  private long last;
  private boolean over;

  private FollowedEvents(Wire wire, String path, long offset, FrameEvents first) {
    this.wire = wire;
    this.path = path;
    this.last = offset;
    this.connection = Optional.of(first);
  }

  /**
   * Begins; the first connection stands when this returns.
   *
   * @throws SessionException {@code session_not_found}
   */
  static FollowedEvents open(Wire wire, String path, long offset) {
    HttpResponse<InputStream> response =
        wire.open(
            "GET",
            path + "?include_raw=true&offset=" + offset,
            BodyPublishers.noBody(),
            Map.of("accept", Wire.EVENTS));
    return new FollowedEvents(wire, path, offset, new FrameEvents(response.body()));
  }

  @Override
  public List<SessionEvent> next() throws InterruptedException {
    while (!over && !isClosed()) {
      if (connection.isEmpty() && !reconnect()) {
        over = true;
        break;
      }
      try {
        List<SessionEvent> events = connection.orElseThrow().next();
        if (!events.isEmpty()) {
          return checked(events);
        }
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException("while waiting for an event");
        }
        // It broke; what was not read comes over the next one.
      }
      release();
    }
    return List.of();
  }

  private List<SessionEvent> checked(List<SessionEvent> events) {
    for (SessionEvent event : events) {
      if (event.sequence() != last + 1) {
        close();
        throw Wire.broken("event %d came after event %d".formatted(event.sequence(), last), null);
      }
      last = event.sequence();
    }
    return events;
  }

  /** False when there is nothing more to come. */
  private boolean reconnect() throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    Duration pause = FIRST_PAUSE;
    while (!closed.await(pause.toNanos(), TimeUnit.NANOSECONDS)) {
      try {
        HttpResponse<InputStream> response =
            wire.ask(
                "GET",
                path + "?include_raw=true&offset=" + last,
                BodyPublishers.noBody(),
                Map.of("accept", Wire.EVENTS, "last-event-id", Long.toString(last)));
        if (response.statusCode() == 200) {
          return adopt(new FrameEvents(response.body()));
        }
        SessionException refusal = wire.refusal(response);
        if (refusal.code().equals("session_not_found")) {
          return false; // deleted
        }
        if (response.statusCode() < 500) {
          throw refusal;
        }
        failIfLate(deadline, refusal);
      } catch (IOException e) {
        failIfLate(deadline, wire.lost(e));
      }
      Duration longer = pause.multipliedBy(2);
      pause = longer.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : longer;
    }
    return false;
  }

  private static void failIfLate(long deadline, SessionException why) {
    if (System.nanoTime() - deadline >= 0) {
      throw why;
    }
  }

  private boolean adopt(FrameEvents opened) {
    connection = Optional.of(opened);
    if (isClosed()) {
      release(); // closed while it was opened
      return false;
    }
    return true;
  }

  private boolean isClosed() {
    return closed.getCount() == 0;
  }

  private void release() {
    connection.ifPresent(FrameEvents::close);
    connection = Optional.empty();
  }

  @Override
  public void close() {
    closed.countDown();
    connection.ifPresent(FrameEvents::close);
  }
}
