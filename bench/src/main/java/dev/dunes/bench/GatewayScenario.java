package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.sun.management.OperatingSystemMXBean;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.gateway.LeaseSpec;
import dev.dunes.gateway.ModelUpstream;
import dev.dunes.gateway.Secret;
import dev.dunes.gateway.UpstreamAuth;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** What the way through the gateway costs beside the way past it. */
final class GatewayScenario implements Scenario {
  static final String DIRECT = "direct";
  static final String ADDED_P50 = "added to the median of a round";
  static final String ADDED_P99 = "added to the p99 of a round";
  static final String RATE = "requests, 64 at a time";
  private static final String WORK = "processor time a request, 64 at a time";
  private static final String SMALL = "a request of 2 KB and its answer, 10 at a time";
  private static final String TURN = "a request of 64 KB, an answer of 50 events, 10 at a time";
  private static final int AT_A_TIME = 10;
  private static final int MANY = 64;
  private static final int PER_WORKER = 200;
  private static final int BUFFER = 256 * 1024;

  /** A way to the model. */
  private record Way(String name, SocketAddress address, byte[] request) {}

  @Override
  public String name() {
    return "gateway";
  }

  @Override
  public String title() {
    return "The model gateway";
  }

  @Override
  public String method() {
    return "Requests to a model on loopback that answers at once, by kept connections, in turns straight to its port (direct) and through the gateway's"
        + " Unix socket (dunes), which checks the token, adds the key, counts tokens and sends one event a request. Client, gateway and model share"
        + " this machine's processors. A round is 200 requests a connection, of each way; what is added is the difference of their medians, and of their p99. Processor time"
        + " is the whole process's, client and model included: what other programs do changes it least.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(DIRECT);
    String message =
        "{\"model\":\"claude-haiku-4-5\",\"content\":[],\"usage\":{\"input_tokens\":120,\"output_tokens\":20}}";
    String event =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello there\"}}\n\n";
    String end =
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":120,\"output_tokens\":20}}\n\n";
    try (LoopbackModel small =
            new LoopbackModel(LoopbackModel.answer("application/json", message));
        LoopbackModel turns =
            new LoopbackModel(LoopbackModel.answer("text/event-stream", event.repeat(50) + end));
        Gateway gateway = Gateway.open(GatewayOptions.defaults())) {
      try (GatewayLease lease = lease(gateway, small)) {
        List<Way> ways = ways(gateway, lease, small, 2 * 1024);
        latency(bench, series, SMALL, ways, true);
        rate(bench, series, ways);
      }
      try (GatewayLease lease = lease(gateway, turns)) {
        latency(bench, series, TURN, ways(gateway, lease, turns, 64 * 1024), false);
      }
    }
    return series.build();
  }

  private static GatewayLease lease(Gateway gateway, LoopbackModel model) {
    ModelUpstream upstream =
        ModelUpstream.anthropic(
            model.base(), new UpstreamAuth.ApiKey("x-api-key", Secret.of("key-of-the-benchmark")));
    return gateway.lease(
        LeaseSpec.builder("bench").upstream(upstream).maxConcurrentRequests(MANY).build());
  }

  private static List<Way> ways(
      Gateway gateway, GatewayLease lease, LoopbackModel model, int size) {
    String start = "{\"model\":\"claude-haiku-4-5\",\"pad\":\"";
    String body = start + "x".repeat(size - start.length() - 2) + "\"}";
    byte[] request =
        ("POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "
                + lease.token()
                + "\r\nanthropic-version: 2023-06-01\r\ncontent-type: application/json\r\ncontent-length: "
                + size
                + "\r\n\r\n"
                + body)
            .getBytes(US_ASCII);
    return List.of(
        new Way(DIRECT, new InetSocketAddress("127.0.0.1", model.base().getPort()), request),
        new Way(DunesEngine.NAME, UnixDomainSocketAddress.of(gateway.socket()), request));
  }

  private static void latency(
      Bench bench, SeriesBuilder series, String measure, List<Way> ways, boolean added)
      throws IOException, InterruptedException {
    int warmUp = bench.rounds(20, 1);
    for (int round = -warmUp; round < bench.rounds(20, 2); round++) {
      double[][] times = new double[2][];
      for (int turn = 0; turn < 2; turn++) {
        int way = (turn + round) & 1; // they take turns in being first
        times[way] = requests(ways.get(way), AT_A_TIME);
      }
      if (round >= 0) {
        for (int way = 0; way < 2; way++) {
          for (double time : times[way]) {
            series.add(measure, ways.get(way).name(), Unit.MILLISECONDS, time);
          }
        }
        if (added) {
          add(series, ADDED_P50, times, 50);
          add(series, ADDED_P99, times, 99);
        }
      }
    }
  }

  private static void add(SeriesBuilder series, String measure, double[][] times, int percent) {
    series.add(
        measure,
        DunesEngine.NAME,
        Unit.MILLISECONDS,
        percentile(times[1], percent) - percentile(times[0], percent));
  }

  private static double percentile(double[] times, int percent) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return sorted[
        Math.clamp((long) Math.ceil(percent / 100.0 * sorted.length) - 1, 0, sorted.length - 1)];
  }

  private static void rate(Bench bench, SeriesBuilder series, List<Way> ways)
      throws IOException, InterruptedException {
    OperatingSystemMXBean system =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    int warmUp = bench.rounds(5, 1);
    for (int round = -warmUp; round < bench.rounds(20, 2); round++) {
      for (int turn = 0; turn < 2; turn++) {
        Way way = ways.get((turn + round) & 1);
        long start = System.nanoTime();
        long work = system.getProcessCpuTime();
        int count = requests(way, MANY).length;
        double rate = count / ((System.nanoTime() - start) / 1e9);
        double spent = (system.getProcessCpuTime() - work) / 1e6 / count;
        if (round >= 0) {
          series.add(WORK, way.name(), Unit.MILLISECONDS, spent);
          series.add(RATE, way.name(), Unit.REQUESTS_PER_SECOND, rate);
        }
      }
    }
  }

  /** So many workers, each with a connection of its own; the time of every request, in ms. */
  private static double[] requests(Way way, int workers) throws IOException, InterruptedException {
    List<Future<double[]>> running = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < workers; i++) {
        running.add(threads.submit(() -> worker(way)));
      }
    }
    double[] all = new double[workers * PER_WORKER];
    for (int i = 0; i < workers; i++) {
      try {
        System.arraycopy(running.get(i).get(), 0, all, i * PER_WORKER, PER_WORKER);
      } catch (ExecutionException e) {
        throw new IOException(way.name() + ": " + e.getCause(), e);
      }
    }
    return all;
  }

  private static double[] worker(Way way) throws IOException {
    double[] times = new double[PER_WORKER];
    HttpFrame frame = new HttpFrame(new byte[BUFFER]);
    try (SocketChannel channel = SocketChannel.open(way.address())) {
      if (way.address() instanceof InetSocketAddress) {
        channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      for (int i = 0; i < PER_WORKER; i++) {
        long start = System.nanoTime();
        ByteBuffer request = ByteBuffer.wrap(way.request());
        while (request.hasRemaining()) {
          channel.write(request);
        }
        boolean answered =
            frame.read(
                (bytes, offset, length) -> channel.read(ByteBuffer.wrap(bytes, offset, length)));
        if (!answered) {
          throw new IOException("the connection ended");
        }
        times[i] = (System.nanoTime() - start) / 1e6;
      }
    }
    return times;
  }
}
