package dev.dunes.session.remote;

import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import java.io.IOException;
import java.util.List;

/**
 * The events of one turn. When their connection breaks the turn goes on, but what belongs to it can
 * no longer be told from what follows: that is an error.
 */
final class TurnEvents implements SessionEvents {
  private final Wire wire;
  private final FrameEvents connection;
  private volatile boolean closed;

  TurnEvents(Wire wire, FrameEvents connection) {
    this.wire = wire;
    this.connection = connection;
  }

  @Override
  public List<SessionEvent> next() throws InterruptedException {
    if (closed) {
      return List.of();
    }
    try {
      return connection.next();
    } catch (IOException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException("while waiting for an event");
      }
      if (closed) {
        return List.of();
      }
      throw wire.lost(e);
    }
  }

  @Override
  public void close() {
    closed = true;
    connection.close();
  }
}
