package dev.dunes.server.agentapi;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.Parameters;
import dev.dunes.session.EventPage;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.Sessions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** What happened in a session: a page of it, or all of it as it happens. Agent API, sheet 2.8. */
final class EventRoutes {
  /** How many events are in memory at once for a page. */
  private static final int CHUNK = 500;

  /** A page that is larger is sent in parts. */
  private static final int WHOLE = 1 << 20;

  private final Sessions sessions;
  private final SseStream.Opener streams;

  EventRoutes(Sessions sessions, SseStream.Opener streams) {
    this.sessions = sessions;
    this.streams = streams;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/sessions/{id}/events", this::page),
        Route.stream("GET", "/v1/sessions/{id}/events/sse", this::follow));
  }

  private void page(Exchange exchange) throws InterruptedException {
    long offset = Parameters.count(exchange, "offset").orElse(0);
    OptionalLong limit = Parameters.count(exchange, "limit");
    boolean raw = Parameters.flag(exchange, "include_raw", "includeRaw");
    Session session = sessions.get(exchange.parameter("id"));
    // What happens while it is read is for the next page: a journal may grow faster than it is
    // sent.
    long last = session.info().eventCount();
    long left = limit.orElse(Long.MAX_VALUE);
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes("{\"events\":[".getBytes(StandardCharsets.US_ASCII));
    boolean begun = false;
    boolean first = true;
    while (left > 0 && offset < last) {
      EventPage part = session.page(offset, OptionalLong.of(Math.min(CHUNK, left)));
      for (SessionEvent event : part.events()) {
        if (event.sequence() > last) {
          break;
        }
        if (!first) {
          body.write(',');
        }
        first = false;
        EventFrames.write(event, raw, body);
        offset = event.sequence();
        left--;
      }
      if (part.events().isEmpty()) {
        break;
      }
      if (body.size() > WHOLE) {
        if (!begun) {
          exchange.begin(200, Map.of("content-type", "application/json"));
          begun = true;
        }
        exchange.write(body.toByteArray());
        body.reset();
      }
    }
    boolean more = limit.isPresent() && offset < last;
    body.writeBytes(("],\"hasMore\":" + more + "}").getBytes(StandardCharsets.US_ASCII));
    if (begun) {
      exchange.write(body.toByteArray());
      exchange.end();
    } else {
      exchange.send(Reply.of(200, "application/json", body.toByteArray()));
    }
  }

  private void follow(Exchange exchange) throws InterruptedException {
    long offset =
        Math.max(Parameters.count(exchange, "offset").orElse(0), Parameters.lastEventId(exchange));
    boolean raw = Parameters.flag(exchange, "include_raw", "includeRaw");
    boolean untilEnded = Parameters.word(exchange, "until", List.of("ended")).isPresent();
    Session session = sessions.get(exchange.parameter("id"));
    SessionInfo now = session.info();
    try (SessionEvents events = session.follow(offset);
        SseStream stream = streams.open(exchange)) {
      boolean over = untilEnded && now.ended() && offset >= now.eventCount();
      if (!over) {
        new EventFrames(raw)
            .relay(events, stream, event -> untilEnded && EventFrames.endsSession(event));
      }
    }
    exchange.end();
  }
}
