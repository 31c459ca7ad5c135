package dev.dunes.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Events of sessions in the agent API: pages of them, and streams that are followed. */
class AgentApiStreamTest extends AgentApiCase {
  @Test
  void pages() throws Exception {
    create("s");
    turn("s", OK);
    assertThat(page("?offset=2&limit=3")).isEqualTo("3,4,5 more");
    assertThat(page("?offset=4&limit=3")).isEqualTo("5,6,7");
    assertThat(page("?limit=0")).isEqualTo(" more");
    assertThat(page("?offset=7&limit=0")).isEqualTo("");
    assertThat(page("?offset=99")).isEqualTo("");
    assertThat(page("?offset=18446744073709551615")).isEqualTo("");
    assertThat(page("")).isEqualTo("1,2,3,4,5,6,7");
  }

  private String page(String query) throws Exception {
    JsonNode page = Shop.json(shop.get("/v1/sessions/s/events" + query).body());
    return String.join(
            ",", page.get("events").valueStream().map(e -> e.get("sequence").asString()).toList())
        + (page.get("hasMore").asBoolean() ? " more" : "");
  }

  @Test
  void aPageOfAnyLength() throws Exception {
    create("s");
    turn("s", "burst 20000");
    JsonNode events = Shop.json(shop.get("/v1/sessions/s/events").body()).get("events");
    assertThat(events.size()).isGreaterThan(20_000);
    for (int i = 0; i < events.size(); i++) {
      assertThat(events.get(i).get("sequence").asInt()).isEqualTo(i + 1);
    }
  }

  @Test
  void followingFromAnywhere() throws Exception {
    create("s");
    turn("s", OK);
    try (Stream<String> lines = follow("?offset=2", "last-event-id", "5").body()) {
      Iterator<String> line = lines.iterator();
      assertThat(line.next()).isEqualTo("id: 6");
      assertThat(line.next()).startsWith("data: {\"event_id\":\"evt_6\"");
      assertThat(line.next()).isEmpty();
      assertThat(line.next()).isEqualTo("id: 7");
      List<String> rest = new ArrayList<>();
      post("/v1/sessions/s/messages", message("echo more"));
      while (line.hasNext() && rest.stream().noneMatch(l -> l.startsWith("id: 13"))) {
        rest.add(line.next());
      }
      assertThat(rest.stream().filter(l -> l.startsWith("id: ")))
          .containsExactly("id: 8", "id: 9", "id: 10", "id: 11", "id: 12", "id: 13");
      assertThat(rest).noneMatch(l -> l.startsWith("event:"));
    }
    HttpResponse<String> bad = shop.get("/v1/sessions/s/events/sse", "last-event-id", "abc");
    assertProblem(
        bad,
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: Last-Event-ID must be a positive integer");
  }

  @Test
  void aSilentStreamIsAlive() throws Exception {
    create("s");
    try (Stream<String> lines = follow("?offset=1").body()) {
      assertThat(lines.filter(line -> !line.isEmpty()).findFirst()).contains(": heartbeat");
    }
  }

  @Test
  void untilItEnds() throws Exception {
    create("s");
    CountDownLatch begun = new CountDownLatch(1);
    List<String> seen = new ArrayList<>();
    Thread reader =
        Thread.ofVirtual()
            .start(() -> {
              try (Stream<String> lines = follow("?until=ended").body()) {
                lines.forEach(line -> {
                  seen.add(line);
                  begun.countDown();
                });
              } catch (Exception e) {
                seen.add(e.toString());
              }
            });
    begun.await();
    turn("s", "say \"type\":\"session.ended\"");
    assertThat(shop.post("/v1/sessions/s/terminate", "").statusCode()).isEqualTo(204);
    reader.join();
    assertThat(types(data(seen.stream()))).last().isEqualTo("session.ended");
    assertThat(shop.post("/v1/sessions/s/terminate", "").statusCode()).isEqualTo(204);
    // and at once when it has ended
    long last = types(data(seen.stream())).size();
    assertThat(shop.get("/v1/sessions/s/events/sse?until=ended&offset=" + last).statusCode())
        .isEqualTo(200);
    assertProblem(
        post("/v1/sessions/s/messages", message("x")),
        400,
        "invalid_request",
        "Invalid Request",
        "invalid request: session terminated");
    assertThat(shop.get("/v1/sessions/s/events/sse?until=later").statusCode()).isEqualTo(400);
  }

  @Test
  void rawOnDemand() throws Exception {
    create("s");
    turn("s", "unparsed");
    for (String name : List.of("include_raw", "includeRaw")) {
      JsonNode events =
          Shop.json(shop.get("/v1/sessions/s/events?" + name + "=true").body()).get("events");
      assertThat(events.valueStream().map(event -> event.get("raw").toString()))
          .contains("{\"raw\":\"mock\"}");
    }
    assertThat(shop.get("/v1/sessions/s/events").body()).doesNotContain("{\"raw\":\"mock\"}");
    try (Stream<String> lines = follow("?include_raw=true").body()) {
      assertThat(lines.filter(line -> line.endsWith("\"raw\":{\"raw\":\"mock\"}}")).findFirst())
          .isPresent();
    }
  }

  @Test
  void manyFollowersMissNothing() throws Exception {
    create("s");
    int followers = 50;
    int events = 5_000;
    CountDownLatch open = new CountDownLatch(followers);
    List<Long> counts = java.util.Collections.synchronizedList(new ArrayList<>());
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < followers; i++) {
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                try (Stream<String> lines = follow("?until=ended").body()) {
                  counts.add(
                      lines
                          .peek(line -> {
                            if (line.equals("id: 1")) {
                              open.countDown();
                            }
                          })
                          .filter(line -> line.contains("\"type\":\"item.delta\",\"data\":{"))
                          .filter(line -> line.contains("_burst\",\"delta\":"))
                          .count());
                } catch (Exception e) {
                  counts.add(-1L);
                }
              }));
    }
    open.await();
    turn("s", "burst " + events);
    shop.post("/v1/sessions/s/terminate", "");
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(counts).hasSize(followers).containsOnly((long) events);
  }
}
