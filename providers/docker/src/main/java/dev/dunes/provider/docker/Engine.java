package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.nio.channels.ClosedByInterruptException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Docker's Engine API, as far as sandboxes need it, at the daemon's newest version (paths without
 * one), which Podman has, too. A connection per request: on a Unix socket one costs 50 µs.
 */
final class Engine {
  /** For what a healthy daemon answers at once. */
  static final Duration SHORT = Duration.ofSeconds(30);

  /** For what moves files: commits, removals, starts on a busy machine. */
  static final Duration LONG = Duration.ofMinutes(5);

  private static final int LARGEST_ANSWER = 32 << 20;
  private static final int LONGEST_LINE = 1 << 20;
  private static final byte[] NOTHING = {};
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private final DaemonAddress address;

  Engine(DaemonAddress address) {
    this.address = address;
  }

  DaemonAddress address() {
    return address;
  }

  /** A part of a path or a query, whatever is in it. */
  static String quote(String text) {
    return URLEncoder.encode(text, UTF_8).replace("+", "%20");
  }

  Answer get(String path) {
    return call("GET", path, null, SHORT);
  }

  Answer post(String path, Duration limit) {
    return call("POST", path, null, limit);
  }

  Answer call(String method, String path, @Nullable JsonNode body, Duration limit) {
    byte[] bytes = body == null ? NOTHING : JsonMapper.shared().writeValueAsBytes(body);
    return send(method, path, Map.of("Content-Type", "application/json"), bytes, limit);
  }

  /** Unpacks an archive in a container. */
  Answer putArchive(String path, byte[] tar) {
    return send("PUT", path, Map.of("Content-Type", "application/x-tar"), tar, LONG);
  }

  private Answer send(
      String method, String path, Map<String, String> fields, byte[] body, Duration limit) {
    return exchange(
        limit,
        exchange -> {
          Map<String, String> all = new java.util.HashMap<>(fields);
          all.put("Connection", "close");
          exchange.send(method, path, all, body);
          byte[] answer = exchange.body().readNBytes(LARGEST_ANSWER + 1);
          if (answer.length > LARGEST_ANSWER) {
            throw new IOException("an answer of more than " + LARGEST_ANSWER + " bytes");
          }
          return new Answer(exchange.status(), answer);
        });
  }

  /** Takes the lines of a long answer, JSON each. */
  interface Lines {
    void line(JsonNode json);
  }

  /** A request that is answered by lines of JSON as it goes on. */
  Answer lines(String path, Map<String, String> fields, Duration limit, Lines lines) {
    return exchange(
        limit,
        exchange -> {
          Map<String, String> all = new java.util.HashMap<>(fields);
          all.put("Connection", "close");
          exchange.send("POST", path, all, NOTHING);
          if (exchange.status() >= 400) {
            return new Answer(exchange.status(), exchange.body().readNBytes(LONGEST_LINE));
          }
          BufferedReader reader = new BufferedReader(new InputStreamReader(exchange.body(), UTF_8));
          for (String line = bounded(reader); line != null; line = bounded(reader)) {
            if (!line.isBlank()) {
              lines.line(JsonMapper.shared().readTree(line));
            }
          }
          return new Answer(exchange.status(), NOTHING);
        });
  }

  private static @Nullable String bounded(BufferedReader reader) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = reader.read(); c != '\n'; c = reader.read()) {
      if (c < 0) {
        return line.isEmpty() ? null : line.toString();
      }
      if (line.length() >= LONGEST_LINE) {
        throw new IOException("a line of more than " + LONGEST_LINE + " characters");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  /**
   * Starts a program in a container and takes over the connection: what is written reaches its
   * standard input, what is read are {@link ProgramStream frames} of its output.
   */
  Link attach(String path, JsonNode body) {
    byte[] bytes = JsonMapper.shared().writeValueAsBytes(body);
    Link link = connect();
    boolean taken = false;
    try (Guard guard = new Guard(link, SHORT)) {
      HttpExchange exchange = new HttpExchange(link);
      guard.run(() -> {
        exchange.send(
            "POST",
            path,
            Map.of("Content-Type", "application/json", "Connection", "Upgrade", "Upgrade", "tcp"),
            bytes);
        return true;
      });
      if (exchange.raw()) {
        taken = true;
        return exchange.takeOver();
      }
      Answer answer =
          new Answer(exchange.status(), guard.run(() -> exchange.body().readNBytes(LONGEST_LINE)));
      throw DockerErrors.refused("start a program in the sandbox", answer);
    } finally {
      if (!taken) {
        hangUp(link);
      }
    }
  }

  private interface Work<T> {
    T with(HttpExchange exchange) throws IOException;
  }

  private <T> T exchange(Duration limit, Work<T> work) {
    Link link = connect();
    try (Guard guard = new Guard(link, limit)) {
      return guard.run(() -> work.with(new HttpExchange(link)));
    } finally {
      hangUp(link);
    }
  }

  private Link connect() {
    try {
      return Link.open(address);
    } catch (ClosedByInterruptException e) {
      throw new SandboxInterruptedException(
          "connecting to the Docker daemon", new InterruptedException());
    } catch (IOException e) {
      throw DockerErrors.unreachable(address, e);
    }
  }

  private static void hangUp(Link link) {
    try {
      link.close();
    } catch (IOException e) {
      // the descriptor is gone in any case
    }
  }

  /** Ends an exchange that takes too long, by closing its connection. */
  private final class Guard implements AutoCloseable {
    private final Duration limit;
    private final AtomicBoolean late = new AtomicBoolean();
    private final ScheduledFuture<?> alarm;

    Guard(Link link, Duration limit) {
      this.limit = limit;
      this.alarm =
          TIMER.schedule(
              () -> {
                late.set(true);
                hangUp(link);
              },
              limit.toMillis(),
              TimeUnit.MILLISECONDS);
    }

    <T> T run(java.util.concurrent.Callable<T> work) {
      try {
        return work.call();
      } catch (SandboxException e) {
        throw e;
      } catch (ClosedByInterruptException e) {
        throw new SandboxInterruptedException(
            "waiting for the Docker daemon", new InterruptedException());
      } catch (IOException e) {
        throw late.get() ? SandboxTimeoutException.after(limit) : DockerErrors.lost(address, e);
      } catch (JacksonException e) {
        throw new ProviderException(
            "the Docker daemon's answer is no JSON",
            ErrorDetails.cause(e).withProvider(DockerSandboxProviderFactory.NAME));
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }

    @Override
    public void close() {
      alarm.cancel(false);
    }
  }

  private static ScheduledThreadPoolExecutor timer() {
    ScheduledThreadPoolExecutor executor =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("docker-timer").factory());
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }
}
