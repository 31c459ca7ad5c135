package dev.dunes.bench;

import dev.dunes.server.DunesServer;
import dev.dunes.server.ServerConfig;
import dev.dunes.session.RunsConfig;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** What a stream of {@code POST /query} costs while its agent thinks. */
final class StreamsScenario implements Scenario {
  static final String HEAP = "live heap, each stream";
  static final String THREADS = "platform threads that come with all of them";
  private static final int AT_ONCE = 16;
  private static final int WARM_UP = 20;
  private static final int FOR_EACH_SANDBOX = 2;
  private static final double KILOBYTE = 1000;
  private static final Duration CLEANED_UP = Duration.ofSeconds(120);
  private static final byte[] EVENT = "data:".getBytes(StandardCharsets.US_ASCII);

  @Override
  public String name() {
    return "streams";
  }

  @Override
  public String title() {
    return "Many open streams";
  }

  @Override
  public String method() {
    return "1,000 streams of `POST /query` at once (twice `--sandboxes`), each a run with a sandbox of its own whose agent has said one thing and is silent."
        + " What lives on the heap of the server's JVM after a collection, beyond what did before, by the number of streams: runs, sandboxes, connections, and the"
        + " clients' sockets, which are in the same process. Virtual threads are on the heap; platform threads are counted. 1 kB = 10³ bytes.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    System.setProperty("org.slf4j.simpleLogger.log.dev.dunes.access", "warn");
    SeriesBuilder series = new SeriesBuilder(DunesEngine.NAME);
    int count = bench.options().sandboxes() * FOR_EACH_SANDBOX;
    DunesServer server = DunesServer.start(config(bench, count));
    try {
      leave(bench, open(server.uri(), Math.min(WARM_UP, count)));
      MemoryReading before = MemoryReading.now();
      int threads = threads();
      List<Socket> streams = open(server.uri(), count);
      MemoryReading held = MemoryReading.now();
      series.add(
          HEAP,
          DunesEngine.NAME,
          Unit.KILOBYTES,
          (held.heap() - before.heap()) / (count * KILOBYTE));
      series.add(THREADS, DunesEngine.NAME, Unit.COUNT, threads() - threads);
      leave(bench, streams);
    } finally {
      server.close(Duration.ZERO);
    }
    return series.build();
  }

  private static ServerConfig config(Bench bench, int count) throws IOException {
    Path directory = Trees.directory(bench.scratch().resolve("streams"), "rwxr-xr-x");
    Files.createDirectories(directory.resolve("config"));
    Files.writeString(
        directory.resolve("config").resolve("limits.yaml"),
        "max_concurrent_agents: %d%n".formatted(count));
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("ANTHROPIC_API_KEY", "measured");
    environment.put("DUNES_STATE", bench.state().toString());
    environment.put("DUNES_NO_PROGRESS_TIMEOUT", "86400");
    RunsConfig runs =
        RunsConfig.builder()
            .directory(directory)
            .environment(environment)
            .agent(new IdleAgent())
            .build();
    return ServerConfig.builder(runs).host("127.0.0.1").port(0).build();
  }

  private static int threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  private static List<Socket> open(URI server, int count) throws IOException, InterruptedException {
    Semaphore turns = new Semaphore(AT_ONCE);
    List<Future<Socket>> opening = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        opening.add(
            threads.submit(() -> {
              turns.acquire();
              try {
                return open(server);
              } finally {
                turns.release();
              }
            }));
      }
    }
    List<Socket> streams = new ArrayList<>();
    for (Future<Socket> each : opening) {
      try {
        streams.add(each.get());
      } catch (ExecutionException e) {
        for (Socket stream : streams) {
          stream.close();
        }
        throw new IOException("a stream could not be opened: " + e.getCause(), e);
      }
    }
    return streams;
  }

  /** A stream whose first event has come. */
  private static Socket open(URI server) throws IOException {
    Socket socket = new Socket(server.getHost(), server.getPort());
    byte[] body = "{\"prompt\":\"Think\",\"timeout\":3600}".getBytes(StandardCharsets.US_ASCII);
    socket
        .getOutputStream()
        .write(
            ("POST /query HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: "
                    + body.length
                    + "\r\n\r\n"
                    + new String(body, StandardCharsets.US_ASCII))
                .getBytes(StandardCharsets.US_ASCII));
    awaitEvent(socket.getInputStream());
    return socket;
  }

  private static void awaitEvent(InputStream in) throws IOException {
    int matched = 0;
    StringBuilder said = new StringBuilder();
    while (matched < EVENT.length) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the stream ended before its first event: " + said);
      }
      said.append((char) next);
      matched = next == EVENT[matched] ? matched + 1 : next == EVENT[0] ? 1 : 0;
    }
  }

  /** Clients that leave end their runs; returns when the sandboxes are gone. */
  private static void leave(Bench bench, List<Socket> streams)
      throws IOException, InterruptedException {
    for (Socket stream : streams) {
      stream.close();
    }
    long deadline = System.nanoTime() + CLEANED_UP.toNanos();
    int left = bench.provider().list(Map.of()).size();
    while (left > 0) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(left + " sandboxes of runs whose client has left are still there");
      }
      Thread.sleep(50);
      left = bench.provider().list(Map.of()).size();
    }
  }
}
