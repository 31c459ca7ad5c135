package dev.dunes.provider.cloudflare;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.Sandboxes;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The containers behind the bridge: sandboxes of this machine. The bridge's stubs (see {@code
 * bridge.mjs}) ask for them over loopback.
 */
final class Containers implements AutoCloseable {
  private static final int CHUNK_LINE = 1 << 16;

  private final Sandboxes sandboxes;
  private final HttpServer http;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** Which container a sandbox has or had. */
  final Map<String, String> assigned = new ConcurrentHashMap<>();

  /** What is billed for. */
  final Map<String, Sandbox> running = new ConcurrentHashMap<>();

  /** So many of the next endings are neither done nor noted. */
  final AtomicInteger hiccups = new AtomicInteger();

  /** What the next sandboxes without a container are told instead of getting one. */
  final Queue<String> refusals = new ConcurrentLinkedQueue<>();

  Containers(Path state) throws IOException {
    Map<String, String> variables = new HashMap<>(Map.of("PATH", System.getenv("PATH")));
    variables.put("DUNES_STATE", state.toString());
    variables.put("DUNES_PROVIDER", "local");
    sandboxes = Sandboxes.builder().settings(new ProviderSettings(Map.of(), variables)).build();
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  URI uri() {
    return URI.create("http://127.0.0.1:" + http.getAddress().getPort());
  }

  /** As if Cloudflare had put it to sleep: the next call gets a fresh one. */
  void forget(String id) {
    Optional.ofNullable(assigned.remove(id)).map(running::remove).ifPresent(Sandbox::destroy);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      Map<String, String> query = query(exchange.getRequestURI());
      switch (exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath()) {
        case "POST /room" -> {
          String refusal = refusals.poll();
          answer(exchange, refusal == null ? 200 : 503, refusal == null ? "" : refusal);
        }
        case "POST /assigned" -> {
          assigned.put(query.get("id"), query.get("container"));
          answer(exchange, 200, "");
        }
        case "POST /start" -> {
          running.put(
              query.get("container"),
              sandboxes.create(SandboxSpec.builder().lifetime(Duration.ofHours(1)).build()));
          answer(exchange, 200, "");
        }
        case "GET /state" ->
            answer(
                exchange, 200, running.containsKey(query.get("container")) ? "healthy" : "stopped");
        case "POST /stopped" ->
            answer(exchange, hiccups.getAndUpdate(n -> Math.max(0, n - 1)) > 0 ? 500 : 200, "");
        case "POST /destroy" -> {
          if (hiccups.get() > 0) {
            answer(exchange, 500, "it does not end");
            return;
          }
          Optional.ofNullable(running.remove(query.get("container"))).ifPresent(Sandbox::destroy);
          answer(exchange, 200, "");
        }
        case "POST /exec" -> exec(exchange, box(query), query);
        case "POST /write" -> {
          byte[] contents = exchange.getRequestBody().readAllBytes();
          try (OutputStream out =
              box(query).files().write(query.get("path"), WriteOptions.DEFAULT)) {
            out.write(contents);
          }
          answer(exchange, 200, "");
        }
        default -> answer(exchange, 404, "no such request");
      }
    } catch (SandboxException e) {
      answer(exchange, 500, String.valueOf(e.getMessage()));
    }
  }

  private static Map<String, String> query(URI uri) {
    Map<String, String> query = new HashMap<>();
    for (String pair : uri.getRawQuery().split("&", -1)) {
      int at = pair.indexOf('=');
      query.put(
          pair.substring(0, at), URLDecoder.decode(pair.substring(at + 1), StandardCharsets.UTF_8));
    }
    return query;
  }

  private Sandbox box(Map<String, String> query) {
    return Optional.ofNullable(running.get(query.get("container")))
        .orElseThrow(() -> new ProviderException("the container is not running"));
  }

  /** A command goes on when whoever follows it goes away. */
  private static void exec(HttpExchange exchange, Sandbox box, Map<String, String> query)
      throws IOException {
    String line = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Command.Builder command =
        Command.builder("/bin/bash", "-c", line).workingDir("/workspace").detached();
    long limit = Long.parseLong(query.getOrDefault("timeout", "0"));
    if (limit > 0) {
      command.timeout(Duration.ofMillis(limit));
    }
    RunningCommand started = box.start(command.build());
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    boolean followed = true;
    for (Optional<OutputChunk> chunk = started.take(); chunk.isPresent(); chunk = started.take()) {
      String name = chunk.get().channel() == Channel.STDOUT ? "o" : "e";
      followed = followed && send(out, name, chunk.get().data());
    }
    CommandExit exit = started.waitFor();
    if (exit.timedOut()) {
      send(
          out,
          "e",
          "Command timed out after %dms\n".formatted(limit).getBytes(StandardCharsets.UTF_8));
    }
    send(
        out,
        "x",
        Integer.toString(exit.timedOut() ? 124 : exit.exitCode()).getBytes(StandardCharsets.UTF_8));
  }

  private static boolean send(OutputStream out, String name, byte[] data) {
    try {
      for (int at = 0; at < data.length; at += CHUNK_LINE) {
        byte[] piece =
            java.util.Arrays.copyOfRange(data, at, Math.min(data.length, at + CHUNK_LINE));
        String line = name + Base64.getEncoder().encodeToString(piece) + "\n";
        out.write(line.getBytes(StandardCharsets.US_ASCII));
      }
      out.flush();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @Override
  public void close() {
    http.stop(0);
    running.values().forEach(Sandbox::destroy);
    threads.shutdownNow();
    try {
      if (!threads.awaitTermination(60, TimeUnit.SECONDS)) {
        throw new IllegalStateException("a container does not end");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    sandboxes.close();
  }
}
