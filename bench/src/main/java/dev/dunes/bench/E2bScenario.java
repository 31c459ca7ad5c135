package dev.dunes.bench;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sandboxes by the wire of E2B, through its published SDK. */
final class E2bScenario implements Scenario {
  static final String FIRST = "create + first command";
  static final String COMMAND = "command";
  static final String RESUME = "resume";
  static final String UPLOAD = "upload";
  static final String DOWNLOAD = "download";
  static final String CROWD = "at once";

  private static final String PLAIN = "plain HTTP";
  private static final String FLOOR = "no work";
  private static final String VERSION = "2.51.0";
  private static final String KEY = "e2b_" + "0".repeat(40);
  private static final int AT_ONCE = 100;
  private static final int MEGABYTES = 64;
  private static final int PATIENCE_MINUTES = 15;

  @Override
  public String name() {
    return "e2b";
  }

  @Override
  public String title() {
    return "The wire of E2B";
  }

  @Override
  public String method() {
    return "`./ds server` as a process of its own and `e2b` "
        + VERSION
        + " of npm, unmodified, in a process of Node, on loopback and the same processors. In the rows of dunes every call is one of the SDK: `Sandbox.create()`,"
        + " `commands.run(\"echo hi\")` (which is `bash -l -c`), `pause()` with memory, `Sandbox.connect()`, `files.write` and `files.read` of 64 MB of random bytes"
        + " (10⁶ each), and 100 times `Sandbox.create()` in one moment (`at once`: until the last of them is there; one that fails ends the run). The rows of "
        + PLAIN
        + " are the same requests to the same server by Node's own HTTP client. The rows of "
        + FLOOR
        + " are the same calls of the SDK to a server of Node in a process of its own that has every answer ready: nothing behind this SDK can be faster here. After 100 rounds that warm up"
        + " both processes, as virtual machines compile what they run often; of the first 50 of those the times are in the rows `just started`. The server keeps sandboxes ready, as it does unless told otherwise.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(PLAIN);
    Optional<Path> modules = modules(bench);
    if (modules.isEmpty()) {
      return series.build();
    }
    Path directory = Trees.directory(bench.scratch().resolve("e2b"), "rwxr-xr-x");
    Path script = script(directory, "e2b.mjs");
    try (FloorServer floor = FloorServer.start(script(directory, "e2b-floor.mjs"));
        SessionServer server =
            SessionServer.start(
                bench.root().resolve("ds").toString(),
                directory,
                Map.of(
                    "DUNES_STATE",
                    bench.state().toString(),
                    "DUNES_SANDBOX_CONCURRENT",
                    Integer.toString(2 * AT_ONCE)))) {
      measure(
          bench,
          series,
          server,
          floor,
          List.of("node", script.toString(), modules.get().toString()));
    }
    return series.build();
  }

  private static void measure(
      Bench bench, SeriesBuilder series, SessionServer server, FloorServer floor, List<String> node)
      throws IOException, InterruptedException {
    List<String> arguments =
        List.of(
            "http://127.0.0.1:" + server.port(),
            "http://127.0.0.1:" + floor.port(),
            KEY,
            Integer.toString(bench.rounds(100, 2)),
            Integer.toString(bench.options().quick() ? 10 : AT_ONCE),
            Integer.toString(bench.options().quick() ? 4 : MEGABYTES));
    ProcessBuilder builder =
        new ProcessBuilder(Stream.concat(node.stream(), arguments.stream()).toList());
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().keySet().removeIf(name -> name.startsWith("E2B_"));
    Process client = builder.start();
    try {
      client.getOutputStream().close();
      try (BufferedReader lines =
          new BufferedReader(new InputStreamReader(client.getInputStream(), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          add(series, line);
        }
      }
      if (!client.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES) || client.exitValue() != 0) {
        throw new IOException("the SDK's client did not come to its end; it says why above");
      }
    } finally {
      client.destroyForcibly();
    }
  }

  private static void add(SeriesBuilder series, String line) throws IOException {
    try {
      JsonNode sample = JsonMapper.shared().readTree(line);
      String measure = sample.required("measure").asString();
      boolean rate = measure.equals(UPLOAD) || measure.equals(DOWNLOAD);
      series.add(
          measure,
          engine(sample.required("engine").asString()),
          rate ? Unit.MEGABYTES_PER_SECOND : Unit.MILLISECONDS,
          sample.required("value").asDouble());
    } catch (JacksonException e) {
      throw new IOException("the SDK's client said: " + line, e);
    }
  }

  private static String engine(String name) throws IOException {
    return switch (name) {
      case "sdk" -> DunesEngine.NAME;
      case "http" -> PLAIN;
      case "floor" -> FLOOR;
      default -> throw new IOException("the SDK's client measured '" + name + "'");
    };
  }

  private static Path script(Path directory, String name) throws IOException {
    Path script = directory.resolve(name);
    try (InputStream in = E2bScenario.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not among the resources");
      }
      Files.copy(in, script, StandardCopyOption.REPLACE_EXISTING);
    }
    return script;
  }

  /** That of {@code DUNES_BENCH_NODE_MODULES}, of the working directory or of the source tree. */
  private static Optional<Path> modules(Bench bench) throws IOException {
    List<Path> places =
        Stream.of(
                Path.of(System.getenv().getOrDefault("DUNES_BENCH_NODE_MODULES", "node_modules")),
                Path.of("node_modules"),
                bench.root().resolve("node_modules"))
            .map(Path::toAbsolutePath)
            .toList();
    for (Path place : places) {
      Path description = place.resolve("e2b/package.json");
      if (Files.isReadable(description)
          && VERSION.equals(
              JsonMapper.shared()
                  .readTree(Files.readString(description))
                  .path("version")
                  .asString(""))) {
        return Optional.of(place);
      }
    }
    bench.note(
        "e2b %s: not installed, left out (npm install e2b@%s, or DUNES_BENCH_NODE_MODULES names the node_modules it is in)"
            .formatted(VERSION, VERSION));
    return Optional.empty();
  }
}
