package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Events of sessions, from an agent to those who follow. */
final class EventsScenario implements Scenario {
  static final String RATE = "small events to one client";
  static final String LOST = "events lost on the way to one client";
  static final String LATE = "events there are for a client that comes after 200,000 of them";
  static final String FOLLOWERS = "deliveries to 1,000 followers of one session";
  static final String FOLLOWERS_LOST = "events lost on the way to 1,000 followers";
  static final String DELIVERY = "append to delivery at 5,000 events/s, p99 of a second";
  static final String REPLAY = "replay of 1,000,000 events";
  static final String REPLAY_MEMORY = "memory that a replay takes";
  static final String IDLE = "resident memory of an idle server";
  static final String START = "server, until it answers";
  private static final int BURST = 200_000;
  private static final int MANY = 1000;
  private static final int PER_SECOND = 5000;
  private static final int MILLION = 1_000_000;
  private static final int ROOM = 256 << 10;
  private static final int SMALL_ROOM = 8 << 10;
  private static final int SILENCE = 5000;
  private static final int PATIENCE = 120_000;
  private static final Duration SETTLE = Duration.ofSeconds(2);
  private static final byte[] TIME = "\"time\":\"".getBytes(US_ASCII);

  /** By engine, in all rounds. */
  private final Map<String, Long> lost = new LinkedHashMap<>();

  private int sessions;

  @Override
  public String name() {
    return "events";
  }

  @Override
  public String title() {
    return "Events of sessions";
  }

  @Override
  public String method() {
    return "`./ds server` as a process of its own, its mock agent, and clients of this process on loopback that read server-sent events from raw sockets; all on the same"
        + " processors. A small event is a piece of a message of one character; every one is in the journal before it is sent. One client: from the request for"
        + " 200,000 events to the last of them, after as many that warm the server up. Beside it `sandbox-agent` 0.4.2 of npm, when it is installed, with an agent that is a script and writes as many updates of the"
        + " same text; it keeps them in memory only. What is there later: how many of them a client gets that comes when all were sent. What is lost is what a client that never stops reading does not get. Followers: 1,000 connections to one session, 1,000 events each."
        + " Append to delivery: from the time in the event to its arrival, while 5,000 a second are made for 10 s; for the other server from the time its agent wrote the"
        + " update. Replay: a client that reads a"
        + " session of 1,000,000 events from its beginning, and what the server's resident memory grows by during the second one. Idle: 2 s after the first answer.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(PeerServer.NAME);
    Optional<PeerEvents> peer = PeerServer.find(bench).map(PeerEvents::new);
    int count = bench.options().quick() ? BURST / 100 : BURST;
    Path directory = Trees.directory(bench.scratch().resolve("events"), "rwx------");
    for (int round = -bench.rounds(1, 1); round < bench.rounds(5, 1); round++) {
      SeriesBuilder sink = round < 0 ? new SeriesBuilder(PeerServer.NAME) : series;
      try (SessionServer server = start(bench, directory)) {
        idle(sink, DunesEngine.NAME, server);
        burst(bench, new SeriesBuilder(PeerServer.NAME), server); // so that it is warm
        burst(bench, sink, server);
      }
      if (peer.isPresent()) {
        try (SessionServer server = peer.get().start()) {
          idle(sink, PeerServer.NAME, server);
          peer.get().burst(server, count, new SeriesBuilder(PeerServer.NAME), new HashMap<>());
          peer.get().burst(server, count, sink, lost);
        }
      }
    }
    lost.forEach((engine, missed) -> series.add(LOST, engine, Unit.COUNT, missed));
    try (SessionServer server = start(bench, directory)) {
      followers(bench, series, server);
      delivery(bench, series, server);
      replay(bench, series, server);
    }
    if (peer.isPresent()) {
      try (SessionServer server = peer.get().start()) {
        peer.get().delivery(server, paced(bench), PER_SECOND, series);
      }
    }
    return series.build();
  }

  private static SessionServer start(Bench bench, Path directory) throws IOException {
    return SessionServer.start(
        bench.root().resolve("ds").toString(),
        directory,
        Map.of("DUNES_MOCK_PACE", "0", "DUNES_STATE", bench.state().toString()));
  }

  private static void idle(SeriesBuilder series, String engine, SessionServer server)
      throws IOException, InterruptedException {
    series.add(START, engine, Unit.MILLISECONDS, server.startMillis());
    Thread.sleep(SETTLE);
    series.add(IDLE, engine, Unit.MEGABYTES, server.residentMegabytes());
  }

  private String session(SessionServer server) throws IOException {
    String id = "bench-" + ProcessHandle.current().pid() + "-" + ++sessions;
    server.ask("POST", "/v1/sessions/" + id, "{\"agent\":\"mock\"}");
    return "/v1/sessions/" + id;
  }

  private static void say(SessionServer server, String session, String text) throws IOException {
    server.ask("POST", session + "/messages", "{\"message\":\"" + text + "\"}");
  }

  /** How many events a burst makes: the user's message, the agent's, its pieces. */
  private static long last(SessionServer server, String session)
      throws IOException, InterruptedException {
    JsonNode info;
    do {
      Thread.sleep(20);
      info = JsonMapper.shared().readTree(server.ask("GET", session, ""));
    } while (info.path("busy").asBoolean(false));
    return info.path("eventCount").asLong();
  }

  private void burst(Bench bench, SeriesBuilder series, SessionServer server)
      throws IOException, InterruptedException {
    int count = bench.options().quick() ? BURST / 100 : BURST;
    String session = session(server);
    try (SseReader reader = new SseReader(server.port(), session + "/events/sse", ROOM)) {
      EventCount counted = new EventCount(count);
      long start = System.nanoTime();
      say(server, session, "burst " + count);
      reader.read(counted, SILENCE);
      double seconds = (System.nanoTime() - start) / 1e9;
      series.add(RATE, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, counted.got() / seconds);
      long all = last(server, session);
      EventCount rest = counted.to(all);
      reader.read(rest, SILENCE);
      lost.merge(DunesEngine.NAME, all - rest.got(), Long::sum);
      late(series, server, session, all);
    }
  }

  /** What a client gets that comes after all of it. */
  private static void late(SeriesBuilder series, SessionServer server, String session, long all)
      throws IOException {
    try (SseReader reader = new SseReader(server.port(), session + "/events/sse", ROOM)) {
      EventCount counted = new EventCount(all);
      reader.read(counted, SILENCE);
      series.add(LATE, DunesEngine.NAME, Unit.COUNT, counted.got());
    }
  }

  private void followers(Bench bench, SeriesBuilder series, SessionServer server)
      throws IOException, InterruptedException {
    int followers = bench.options().quick() ? MANY / 50 : MANY;
    long missed = 0;
    for (int round = 0; round < bench.rounds(3, 1); round++) {
      String session = session(server);
      List<SseReader> readers = new ArrayList<>();
      try {
        for (int i = 0; i < followers; i++) {
          readers.add(new SseReader(server.port(), session + "/events/sse", SMALL_ROOM));
        }
        long start = System.nanoTime();
        say(server, session, "burst " + MANY);
        long all = last(server, session);
        long got = 0;
        List<Future<Long>> reading = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
          readers.forEach(reader -> reading.add(threads.submit(() -> read(reader, all))));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        for (Future<Long> each : reading) {
          got += each.get();
        }
        series.add(FOLLOWERS, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, got / seconds);
        missed += all * followers - got;
      } catch (ExecutionException e) {
        throw new IOException("a follower failed: " + e.getCause(), e);
      } finally {
        for (SseReader reader : readers) {
          reader.close();
        }
      }
    }
    series.add(FOLLOWERS_LOST, DunesEngine.NAME, Unit.COUNT, missed);
  }

  private static long read(SseReader reader, long all) throws IOException {
    EventCount counted = new EventCount(all);
    reader.read(counted, PATIENCE);
    return counted.got();
  }

  private static int paced(Bench bench) {
    return PER_SECOND * (bench.options().quick() ? 1 : 10);
  }

  private void delivery(Bench bench, SeriesBuilder series, SessionServer server)
      throws IOException {
    int count = paced(bench);
    String session = session(server);
    double[] took = new double[count];
    try (SseReader reader = new SseReader(server.port(), session + "/events/sse", ROOM)) {
      say(server, session, "burst %d %d".formatted(count, PER_SECOND));
      int[] seen = {0};
      boolean whole =
          reader.read(
              (id, data, length) -> {
                long now = now();
                took[seen[0]++] = (now - nanos(time(data, length))) / 1e6;
                return seen[0] < count;
              },
              SILENCE);
      if (!whole) {
        throw new IOException("only %d of %d events came".formatted(seen[0], count));
      }
    }
    for (int second = 0; second < count / PER_SECOND; second++) {
      double[] part = Arrays.copyOfRange(took, second * PER_SECOND, (second + 1) * PER_SECOND);
      Arrays.sort(part);
      series.add(
          DELIVERY, DunesEngine.NAME, Unit.MILLISECONDS, part[(int) (PER_SECOND * 0.99) - 1]);
    }
  }

  /** Nanoseconds since 1970. */
  static long now() {
    return nanos(Instant.now());
  }

  private static long nanos(Instant time) {
    return time.getEpochSecond() * 1_000_000_000L + time.getNano();
  }

  private static Instant time(byte[] data, int length) {
    for (int i = 0; i + TIME.length < length; i++) {
      if (Arrays.equals(data, i, i + TIME.length, TIME, 0, TIME.length)) {
        int from = i + TIME.length;
        int end = from;
        while (end < length && data[end] != '"') {
          end++;
        }
        return Instant.parse(new String(data, from, end - from, US_ASCII));
      }
    }
    throw new IllegalStateException("an event without a time");
  }

  private void replay(Bench bench, SeriesBuilder series, SessionServer server)
      throws IOException, InterruptedException {
    int count = bench.options().quick() ? MILLION / 100 : MILLION;
    String session = session(server);
    say(server, session, "burst " + count);
    long all = last(server, session);
    for (int round = 0; round < bench.rounds(3, 2); round++) {
      double before = server.residentMegabytes();
      try (SseReader reader = new SseReader(server.port(), session + "/events/sse", ROOM)) {
        EventCount counted = new EventCount(all);
        long start = System.nanoTime();
        if (!reader.read(counted, SILENCE) || counted.got() != all) {
          throw new IOException("only %d of %d events came".formatted(counted.got(), all));
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        series.add(REPLAY, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, all / seconds);
      }
      if (round > 0) {
        series.add(
            REPLAY_MEMORY, DunesEngine.NAME, Unit.MEGABYTES, server.residentMegabytes() - before);
      }
    }
    server.ask("DELETE", session, "");
  }
}
