package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.util.Arrays;
import java.util.Map;

/** What the published server that Dunes is compared with does with the same events. */
final class PeerEvents {
  private static final int ROOM = 256 << 10;
  private static final int SILENCE = 5000;
  private static final byte[] TEXT = "\"text\":\"".getBytes(US_ASCII);

  private final PeerServer peer;
  private int begun;

  PeerEvents(PeerServer peer) {
    this.peer = peer;
  }

  SessionServer start() throws IOException {
    return peer.start();
  }

  private String begin(SessionServer server) throws IOException {
    return peer.begin(server, "bench-" + ProcessHandle.current().pid() + "-" + ++begun);
  }

  /** Adds how fast so many updates come, how many do not, and what is there for who comes later. */
  void burst(SessionServer server, int count, SeriesBuilder series, Map<String, Long> lost)
      throws IOException {
    peer.install(server, count, 0);
    String path = begin(server);
    try (SseReader reader = new SseReader(server.port(), path, ROOM)) {
      // The answer to initialize is the first event.
      EventCount counted = new EventCount(count + 1L);
      long start = System.nanoTime();
      peer.burst(server, path);
      boolean whole = reader.read(counted, SILENCE);
      double seconds = (System.nanoTime() - start) / 1e9 - (whole ? 0 : SILENCE / 1e3);
      series.add(
          EventsScenario.RATE, PeerServer.NAME, Unit.EVENTS_PER_SECOND, counted.got() / seconds);
      lost.merge(PeerServer.NAME, count + 1 - counted.got(), Long::sum);
    }
    try (SseReader late = new SseReader(server.port(), path, ROOM)) {
      EventCount counted = new EventCount(count + 1L);
      late.read(counted, SILENCE);
      series.add(EventsScenario.LATE, PeerServer.NAME, Unit.COUNT, counted.got());
    }
  }

  /** Adds how long each of so many updates a second takes from the agent to the client. */
  void delivery(SessionServer server, int count, int perSecond, SeriesBuilder series)
      throws IOException {
    peer.install(server, count, perSecond);
    String path = begin(server);
    double[] took = new double[count];
    int[] seen = {0};
    try (SseReader reader = new SseReader(server.port(), path, ROOM)) {
      peer.burst(server, path);
      reader.read(
          (id, data, length) -> {
            long written = written(data, length);
            if (written > 0) {
              took[seen[0]++] = (EventsScenario.now() - written) / 1e6;
            }
            return seen[0] < count;
          },
          SILENCE);
    }
    for (int from = 0; from + perSecond <= seen[0]; from += perSecond) {
      double[] part = Arrays.copyOfRange(took, from, from + perSecond);
      Arrays.sort(part);
      series.add(
          EventsScenario.DELIVERY,
          PeerServer.NAME,
          Unit.MILLISECONDS,
          part[(int) (perSecond * 0.99) - 1]);
    }
  }

  /** When the agent wrote an update, in nanoseconds since 1970; 0 when it is none. */
  private static long written(byte[] data, int length) {
    for (int i = 0; i + TEXT.length < length; i++) {
      if (Arrays.equals(data, i, i + TEXT.length, TEXT, 0, TEXT.length)) {
        long number = 0;
        for (int at = i + TEXT.length; at < length && data[at] != '"'; at++) {
          number = number * 10 + data[at] - '0';
        }
        return number;
      }
    }
    return 0;
  }
}
