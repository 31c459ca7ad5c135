package dev.dunes.agent.opencode;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.install.AgentInstaller;
import dev.dunes.agent.install.Integrity;
import dev.dunes.agent.install.Pin;
import dev.dunes.agent.install.PinnedPackage;
import dev.dunes.agent.install.Pins;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import tools.jackson.databind.JsonNode;

/**
 * A server that says what a real one said, at the calls at which it said it. The program in the
 * sandbox, of provider {@code host}, only names its port and tells its password.
 */
final class FakeOpenCode implements AutoCloseable {
  private static final String PROGRAM =
      """
      #!/bin/sh
      [ "$1" = --version ] && { echo 1.18.33; exit; }
      printf '%s' "$OPENCODE_SERVER_PASSWORD" > "$FAKE/password"
      printf '%s' "$OPENCODE_CONFIG_CONTENT" > "$FAKE/config"
      echo starting up
      echo "opencode server listening on http://127.0.0.1:$FAKE_PORT"
      exec tail -f /dev/null
      """;

  private static final String END = "";

  private final Path directory;
  private final Sandboxes sandboxes;
  private final Sandbox sandbox;
  private final OpenCodeAgent agent;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final LinkedBlockingQueue<String> events = new LinkedBlockingQueue<>();
  private final Semaphore called = new Semaphore(0);
  private final Recording recording;

  /** Method, path and body of what was called, the calls that open a session left out. */
  final List<JsonNode> calls = new CopyOnWriteArrayList<>();

  FakeOpenCode(Recording recording) {
    this.recording = recording;
    try {
      directory = Files.createTempDirectory(Path.of("/tmp"), "dunes-");
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx--x--x"));
      Map<String, String> settings = Map.of("state_dir", directory.resolve("state").toString());
      sandboxes =
          Sandboxes.builder().settings(new ProviderSettings(settings, System.getenv())).build();
      sandbox = sandboxes.provider("host").create(SandboxSpec.DEFAULT);
      Pin fake = pin();
      agent = new OpenCodeAgent(installer(), () -> fake);
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(threads);
      server.createContext("/", this::serve);
      server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private AgentInstaller installer() throws IOException {
    Path offline = Files.createDirectory(directory.resolve("offline"));
    Files.write(offline.resolve("fake-opencode-1.0.0.tgz"), tgz());
    return new AgentInstaller(
        new AgentSettings(
            Map.of(
                "DUNES_AGENTS",
                directory.resolve("agents").toString(),
                "DUNES_AGENTS_OFFLINE",
                offline.toString()),
            directory,
            directory));
  }

  private static Pin pin() throws IOException {
    PinnedPackage fake = new PinnedPackage("fake-opencode", "1.0.0", Integrity.of(tgz()));
    Map<String, PinnedPackage> everywhere = new HashMap<>();
    Pins.of("opencode").packages().keySet().forEach(platform -> everywhere.put(platform, fake));
    return new Pin("opencode", "1.18.33", "none", "bin/opencode", "1.18.33", everywhere);
  }

  private static byte[] tgz() throws IOException {
    byte[] program = PROGRAM.getBytes(UTF_8);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      TarArchiveEntry entry = new TarArchiveEntry("package/bin/opencode", true);
      entry.setMode(0755);
      entry.setModTime(0);
      entry.setSize(program.length);
      tar.putArchiveEntry(entry);
      tar.write(program);
      tar.closeArchiveEntry();
    }
    return bytes.toByteArray();
  }

  AgentSession open(UnaryOperator<AgentOptions.Builder> options) {
    ModelAccess access = new ModelAccess("http://127.0.0.1:8082", "run-token", Map.of());
    AgentOptions.Builder builder =
        AgentOptions.builder(access)
            .workingDir(directory.toString())
            .env("FAKE", directory.toString())
            .env("FAKE_PORT", String.valueOf(server.getAddress().getPort()));
    AgentSession session = agent.open(sandbox, options.apply(builder).build());
    threads.execute(this::play);
    return session;
  }

  /** The configuration it was started with. */
  JsonNode config() {
    try {
      return Json.MAPPER.readTree(Files.readString(directory.resolve("config")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void play() {
    int at = 0;
    try {
      for (String step : recording.order()) {
        int count = Integer.parseInt(step.substring(1));
        if (step.startsWith(">")) {
          called.acquire(count);
        } else {
          events.addAll(recording.events().subList(at, at + count));
          at += count;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      String path = exchange.getRequestURI().getPath();
      String body = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      if (!authorized(exchange)) {
        answer(exchange, 401, "");
        return;
      }
      switch (exchange.getRequestMethod() + " " + path) {
        case "GET /event" -> stream(exchange);
        case "GET /agent" ->
            answer(
                exchange,
                200,
                "[{\"name\":\"build\",\"mode\":\"primary\"},{\"name\":\"plan\",\"mode\":\"primary\"}]");
        case "POST /session" ->
            answer(exchange, 200, "{\"id\":\"%s\"}".formatted(recording.session()));
        default -> {
          calls.add(
              Json.object()
                  .put("method", exchange.getRequestMethod())
                  .put("path", path)
                  .set("body", body.isEmpty() ? Json.object() : Json.MAPPER.readTree(body)));
          answer(exchange, 200, "true");
          called.release();
        }
      }
    }
  }

  private boolean authorized(HttpExchange exchange) throws IOException {
    String pair = "opencode:" + Files.readString(directory.resolve("password"));
    return ("Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)))
        .equals(exchange.getRequestHeaders().getFirst("Authorization"));
  }

  private void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream out = exchange.getResponseBody()) {
      write(out, "{\"id\":\"evt_0\",\"type\":\"server.connected\",\"properties\":{}}");
      for (String event = events.take(); !event.equals(END); event = events.take()) {
        write(out, event);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void write(OutputStream out, String event) throws IOException {
    out.write(("data: " + event + "\n\n").getBytes(UTF_8));
    out.flush();
  }

  private static void answer(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** Says something that was not recorded. */
  void say(String event) {
    events.add(event);
  }

  /** The stream of events breaks off. */
  void breakOff() {
    events.add(END);
  }

  @Override
  public void close() {
    events.add(END);
    server.stop(0);
    threads.shutdownNow();
    try {
      sandbox.destroy();
      sandbox.close();
      sandboxes.close();
      List<Path> all;
      try (Stream<Path> walk = Files.walk(directory)) {
        all = walk.sorted(Comparator.reverseOrder()).toList();
      }
      for (Path path : all) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
