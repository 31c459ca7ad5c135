package dev.dunes.bench;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** How long {@code ds serve} takes until it answers. */
final class ServeScenario implements Scenario {
  static final String READY = "ds serve, until it answers";

  @Override
  public String name() {
    return "serve";
  }

  @Override
  public String title() {
    return "The server's start";
  }

  @Override
  public String method() {
    return "`./ds serve` from its start as a process to the first answer of `GET /health`, JVM and all, its image built and the disk cache warm.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(DunesEngine.NAME);
    for (int round = -bench.rounds(2, 1); round < bench.rounds(20, 2); round++) {
      double millis = start(bench);
      if (round >= 0) {
        series.add(READY, DunesEngine.NAME, Unit.MILLISECONDS, millis);
      }
    }
    return series.build();
  }

  private static double start(Bench bench) throws IOException, InterruptedException {
    int port = freePort();
    Path directory = bench.scratch();
    ProcessBuilder builder =
        new ProcessBuilder(
            bench.root().resolve("ds").toString(),
            "serve",
            "--host",
            "127.0.0.1",
            "--port",
            Integer.toString(port));
    builder.directory(directory.toFile()).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("DUNES_STATE", bench.state().toString());
    builder.environment().put("ANTHROPIC_API_KEY", "measured");
    long start = System.nanoTime();
    Process process = builder.start();
    try {
      while (!answers(port)) {
        if (!process.isAlive()) {
          throw new IOException("ds serve ended with " + process.exitValue());
        }
        process.waitFor(1, TimeUnit.MILLISECONDS);
      }
      return (System.nanoTime() - start) / 1e6;
    } finally {
      process.destroy();
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static boolean answers(int port) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + "/health").toURL().openConnection();
      connection.setReadTimeout(5000);
      return connection.getResponseCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}
