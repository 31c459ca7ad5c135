package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A client that takes nothing is cut off, and has lost nothing. Agent API, sheet 4.1. */
class StalledReaderTest {
  private static final int EVENTS = 200_000;
  @TempDir Path directory;

  /** Whether the server has done with a stream. */
  private static boolean over(Shop shop) throws Exception {
    return shop.get("/metrics")
        .body()
        .lines()
        .anyMatch(line ->
            line.startsWith("http_server_requests_seconds_count") && line.contains("/events/sse"));
  }

  @Test
  void whoTakesNothingIsCutOffAndGoesOnWhereItWas() throws Exception {
    try (Shop shop = new Shop(directory).set("DUNES_MOCK_PACE", "0")) {
      shop.configured(config -> config.stallAfter(Duration.ofSeconds(1)));
      shop.post("/v1/sessions/s", "{\"agent\":\"mock\"}", "content-type", "application/json");
      long last = 0;
      try (RawClient client = new RawClient(shop.port(), 4096)) {
        client.send("GET /v1/sessions/s/events/sse HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        client.readTo("id: 1\n");
        shop.post(
            "/v1/sessions/s/messages",
            "{\"message\":\"burst " + EVENTS + "\"}",
            "content-type",
            "application/json");
        Instant limit = Instant.now().plus(Shop.SOON.multipliedBy(3));
        while (!over(shop)) {
          assertThat(Instant.now()).isBefore(limit);
          LockSupport.parkNanos(50_000_000);
        }
        // What had left the server comes, and the end.
        for (String line : client.rest().split("\n")) {
          if (line.matches("id: [0-9]+\r?")) {
            last = Long.parseLong(line.strip().substring(4));
          }
        }
      }
      assertThat(last).isBetween(2L, (long) EVENTS);
      long expected = last; // its last frame may have been cut
      HttpResponse<Stream<String>> again =
          shop.client.send(
              shop.request(
                  "GET",
                  "/v1/sessions/s/events/sse",
                  "",
                  "last-event-id",
                  Long.toString(expected - 1)),
              HttpResponse.BodyHandlers.ofLines());
      try (Stream<String> lines = again.body()) {
        for (String id :
            (Iterable<String>)
                lines.filter(line -> line.startsWith("id: ")).limit(EVENTS - expected)::iterator) {
          assertThat(id).isEqualTo("id: " + expected++);
        }
      }
      assertThat(expected).isEqualTo(EVENTS);
    }
  }
}
