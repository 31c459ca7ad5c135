package dev.dunes.bench;

import dev.dunes.agent.Prompt;
import dev.dunes.session.Runs;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionSpec;
import dev.dunes.session.SessionTurn;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Events of a session, from the agent through the journal to those who follow. */
final class JournalScenario implements Scenario {
  static final String LIVE = "to one follower, as fast as can be";
  static final String REPLAY = "read again from the journal";
  static final String CROWD = "to 1,000 followers, all deliveries";
  static final String LATENCY = "from the agent to a follower, at 5,000 a second";
  static final String LATENCY_P99 = "the same, p99 of a round";
  private static final int FOLLOWERS = 1000;
  private static final int RATE = 5000;

  @Override
  public String name() {
    return "journal";
  }

  @Override
  public String title() {
    return "Events of a session, in one process";
  }

  @Override
  public String method() {
    return "The mock agent writes many small pieces of one message; each becomes an event, is committed to the journal (SQLite, write-ahead log) and only then"
        + " handed to followers in the same process. All are counted: one that is missing fails the scenario. A latency is from the event's own time to"
        + " when its follower has it.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(DunesEngine.NAME);
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("DUNES_MOCK_PACE", "0");
    environment.put("DUNES_STATE", bench.state().toString());
    RunsConfig config =
        RunsConfig.builder().directory(bench.scratch()).environment(environment).build();
    int many = bench.rounds(1_000_000, 50_000);
    try (Runs runs = Runs.open(config)) {
      for (int round = -1; round < bench.rounds(5, 1); round++) {
        Session session =
            runs.sessions().create("live-" + round, SessionSpec.builder("mock").build());
        double live = live(session, many);
        double replay = replay(session, many);
        session.delete();
        Session crowd =
            runs.sessions().create("crowd-" + round, SessionSpec.builder("mock").build());
        double all = crowd(crowd, bench.rounds(2_000, 200));
        double[] late = latencies(crowd, bench.rounds(20_000, 2_000));
        crowd.delete();
        if (round >= 0) {
          series.add(LIVE, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, live);
          series.add(REPLAY, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, replay);
          series.add(CROWD, DunesEngine.NAME, Unit.EVENTS_PER_SECOND, all);
          Arrays.stream(late)
              .forEach(each -> series.add(LATENCY, DunesEngine.NAME, Unit.MILLISECONDS, each));
          Arrays.sort(late);
          series.add(
              LATENCY_P99,
              DunesEngine.NAME,
              Unit.MILLISECONDS,
              late[(int) Math.ceil(late.length * 0.99) - 1]);
        }
      }
    }
    return series.build();
  }

  private static double live(Session session, int count) throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (SessionTurn turn = session.start(new Prompt("burst " + count))) {
      int seen = 0;
      for (List<SessionEvent> next = turn.next(); !next.isEmpty(); next = turn.next()) {
        seen += next.size();
      }
      return rate(count, seen, start);
    }
  }

  /**
   * All events of one turn with that many pieces: the user's three, and those around the pieces.
   */
  private static double rate(int count, long seen, long start) throws IOException {
    double took = (System.nanoTime() - start) / 1e9;
    if (seen != count + 5L) {
      throw new IOException("%d events instead of %d".formatted(seen, count + 5));
    }
    return seen / took;
  }

  private static double replay(Session session, int count)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (SessionEvents reader = session.follow(1)) {
      long seen = 0;
      while (seen < count + 5L) {
        seen += reader.next().size();
      }
      return rate(count, seen, start);
    }
  }

  private static double crowd(Session session, int count) throws IOException, InterruptedException {
    List<Future<Long>> following = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < FOLLOWERS; i++) {
        following.add(threads.submit(() -> follow(session, count + 6L)));
      }
      long start = System.nanoTime();
      session.send(new Prompt("burst " + count));
      long all = 0;
      for (Future<Long> each : following) {
        all += each.get();
      }
      return all / ((System.nanoTime() - start) / 1e9);
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }

  private static long follow(Session session, long last) throws InterruptedException {
    long seen = 0;
    try (SessionEvents reader = session.follow(0)) {
      while (seen < last) {
        seen += reader.next().size();
      }
    }
    return seen;
  }

  private static double[] latencies(Session session, int count) throws InterruptedException {
    double[] late = new double[count];
    int at = 0;
    try (SessionTurn turn = session.start(new Prompt("burst %d %d".formatted(count, RATE)))) {
      for (List<SessionEvent> next = turn.next(); !next.isEmpty(); next = turn.next()) {
        Instant now = Instant.now();
        for (SessionEvent event : next) {
          if (at < count) {
            late[at++] = Duration.between(event.event().time(), now).toNanos() / 1e6;
          }
        }
      }
    }
    return late;
  }
}
