package dev.dunes.session.remote;

import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.TurnEnd;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The events of a turn to its very end. After them the server sends a frame without an id that says
 * how it ended: an extension of the agent API, {@code ?until=end}.
 */
final class RemoteTurn implements SessionTurn {
  private static final int MOST = 256;

  private final Wire wire;
  private final String id;
  private final InputStream stream;
  private final Frames frames;
  private volatile boolean closed;
  private Optional<TurnEnd> end = Optional.empty();

  private RemoteTurn(Wire wire, String id, InputStream stream) {
    this.wire = wire;
    this.id = id;
    this.stream = stream;
    this.frames = new Frames(stream);
  }

  static RemoteTurn of(Wire wire, HttpResponse<InputStream> response) {
    String id = response.headers().firstValue("x-turn-id").orElse("");
    return new RemoteTurn(wire, id, response.body());
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public Optional<TurnEnd> end() {
    return end;
  }

  @Override
  public List<SessionEvent> next() throws InterruptedException {
    if (closed || end.isPresent()) {
      return List.of();
    }
    try {
      return read();
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

  private List<SessionEvent> read() throws IOException {
    List<SessionEvent> events = new ArrayList<>();
    Optional<Frames.Frame> frame = frames.next();
    while (frame.isPresent()) {
      if (frame.get().id() < 1) {
        end = Optional.of(end(wire.json(frame.get().data())));
        return events;
      }
      events.add(EventJson.of(frame.get().id(), frame.get().data()));
      frame = events.size() < MOST ? frames.ready() : Optional.empty();
    }
    return events;
  }

  private static TurnEnd end(JsonNode json) {
    JsonNode problem = json.path("problem");
    Optional<SessionException> failure =
        problem.isObject()
            ? Optional.of(
                Problems.read(
                    problem.path("status").asInt(0),
                    problem.toString().getBytes(StandardCharsets.UTF_8),
                    URI.create("")))
            : Optional.empty();
    return new TurnEnd(
        TurnEnd.Kind.valueOf(json.path("kind").asString("SESSION_ENDED")),
        json.path("reason").asString(""),
        failure,
        json.path("costUsd").asDouble(0));
  }

  @Override
  public void close() {
    closed = true;
    try {
      stream.close();
    } catch (IOException e) {
      // it is not read any more
    }
  }
}
