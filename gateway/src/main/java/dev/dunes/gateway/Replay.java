package dev.dunes.gateway;

import dev.dunes.gateway.cassette.Cassette;
import dev.dunes.gateway.cassette.Chunk;
import dev.dunes.gateway.cassette.Conversation;
import dev.dunes.gateway.cassette.Recording;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Answers a request from a cassette, in the pieces in which the answer was recorded. */
final class Replay {
  private final Exchange exchange;
  private final Lease lease;
  private final Route route;
  private final Cassette cassette;
  private final long start = System.nanoTime();

  Replay(Exchange exchange, Lease lease, Route route, Cassette cassette) {
    this.exchange = exchange;
    this.lease = lease;
    this.route = route;
    this.cassette = cassette;
  }

  void answer(byte[] body) {
    Conversation request;
    try {
      request = Conversation.of(route.protocol(), route.kind(), route.streams(), body);
    } catch (IllegalArgumentException e) {
      exchange.refuse(Refusal.invalid(String.valueOf(e.getMessage())));
      return;
    }
    Optional<Recording> found = cassette.find(request);
    if (found.isEmpty()) {
      String nearest = lease.scrub(cassette.nearest(request));
      lease.tell(
          new GatewayEvent.ReplayMismatch(lease.runId(), Instant.now(), route.path(), nearest));
      exchange.refuse(Refusal.invalid("nothing in the cassette answers this request: " + nearest));
      return;
    }
    play(found.get());
  }

  private void play(Recording recording) {
    HttpServerResponse response = exchange.response();
    response.setStatusCode(recording.status());
    if (!recording.contentType().isEmpty()) {
      response.putHeader("content-type", recording.contentType());
    }
    response.setChunked(true);
    exchange.answering(recording.contentType());
    piece(recording, 0);
  }

  /**
   * The next one when the one before has been written: pieces stay pieces, and nothing piles up.
   */
  private void piece(Recording recording, int index) {
    if (exchange.isOver()) {
      return;
    }
    if (index == recording.chunks().size()) {
      at(recording.millis(), () -> end(recording));
      return;
    }
    Chunk chunk = recording.chunks().get(index);
    at(
        chunk.millis(),
        () -> {
          if (exchange.isOver()) {
            return;
          }
          boolean goesOn = exchange.passing(chunk.bytes());
          exchange
              .response()
              .write(Buffer.buffer(chunk.bytes()))
              .onSuccess(written -> {
                if (goesOn) {
                  piece(recording, index + 1);
                } else if (!exchange.isOver()) {
                  exchange.cut();
                }
              });
        });
  }

  private void end(Recording recording) {
    if (!exchange.isOver()) {
      exchange.answerOver(recording.contentType());
      exchange.response().end();
    }
  }

  private void at(long millis, Runnable action) {
    long wait = millis - TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    if (lease.recordedPace() && wait > 0) {
      exchange.loop().after(wait, action);
    } else {
      action.run();
    }
  }
}
