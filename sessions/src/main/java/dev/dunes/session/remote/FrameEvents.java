package dev.dunes.session.remote;

import dev.dunes.session.SessionEvent;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The events of one connection, in the portions they come in. For one thread, but to close. */
final class FrameEvents implements AutoCloseable {
  private static final int MOST = 256;

  private final InputStream stream;
  private final Frames frames;

  FrameEvents(InputStream stream) {
    this.stream = stream;
    this.frames = new Frames(stream);
  }

  /** The next ones; empty at the end of the connection. */
  List<SessionEvent> next() throws IOException {
    List<SessionEvent> events = new ArrayList<>();
    Optional<Frames.Frame> frame = frames.next();
    while (frame.isPresent()) {
      events.add(event(frame.get()));
      frame = events.size() < MOST ? frames.ready() : Optional.empty();
    }
    return events;
  }

  private static SessionEvent event(Frames.Frame frame) throws IOException {
    if (frame.id() < 1) {
      throw new IOException("an event without an id");
    }
    return EventJson.of(frame.id(), frame.data());
  }

  /** Whoever reads gets the end of the connection or an error. */
  @Override
  public void close() {
    try {
      stream.close();
    } catch (IOException e) {
      // it is not read any more
    }
  }
}
