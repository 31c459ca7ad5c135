package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.drive.Json;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Calls a server in a sandbox. It may answer whatever it likes: answers are cut at a size and at a
 * time. Safe for use by several threads.
 */
final class OpenCodeClient implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final long ANSWER_LIMIT = 8 << 20;
  private static final int SHOWN = 500;

  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .followRedirects(HttpClient.Redirect.NEVER)
          .proxy(HttpClient.Builder.NO_PROXY)
          .connectTimeout(LIMIT)
          .executor(Executors.newVirtualThreadPerTaskExecutor())
          .build();
  private final URI base;
  private final String authorization;

  OpenCodeClient(URI base, String password) {
    this.base = base;
    byte[] pair = ("opencode:" + password).getBytes(StandardCharsets.UTF_8);
    this.authorization = "Basic " + Base64.getEncoder().encodeToString(pair);
  }

  /**
   * What the server answered.
   *
   * @param body null when there is none
   */
  record Answer(int status, JsonNode body) {
    boolean ok() {
      return status >= 200 && status < 300;
    }

    /** What went wrong, one line. */
    String problem() {
      String text =
          Json.text(body.path("data"), "message")
              .or(() -> Json.text(body, "message"))
              .orElseGet(body::toString);
      String line = text.lines().findFirst().orElse("");
      return "%d: %s".formatted(status, line.substring(0, Math.min(SHOWN, line.length())));
    }
  }

  Answer get(String path) {
    return call("GET", path, Optional.empty(), LIMIT);
  }

  Answer post(String path, JsonNode body) {
    return call("POST", path, Optional.of(body), LIMIT);
  }

  Answer patch(String path, JsonNode body) {
    return call("PATCH", path, Optional.of(body), LIMIT);
  }

  /**
   * Calls and reads the answer.
   *
   * @throws AgentException {@code agent_stuck} when it does not answer in time, {@code agent_ended}
   *     when it cannot be reached
   */
  Answer call(String method, String path, Optional<JsonNode> body, Duration limit) {
    HttpRequest.Builder request =
        request(path)
            .method(
                method,
                body.map(json -> BodyPublishers.ofString(json.toString()))
                    .orElseGet(BodyPublishers::noBody));
    CompletableFuture<HttpResponse<byte[]>> future =
        http.sendAsync(
            request.build(), BodyHandlers.limiting(BodyHandlers.ofByteArray(), ANSWER_LIMIT));
    try {
      HttpResponse<byte[]> response = future.get(limit.toMillis(), TimeUnit.MILLISECONDS);
      return new Answer(response.statusCode(), read(response.body()));
    } catch (TimeoutException e) {
      future.cancel(true);
      throw new AgentException(
          "agent_stuck",
          "OpenCode did not answer %s %s within %d s".formatted(method, path, limit.toSeconds()),
          "end the session",
          e);
    } catch (ExecutionException e) {
      throw gone(e.getCause());
    } catch (InterruptedException e) {
      future.cancel(true);
      Thread.currentThread().interrupt();
      throw gone(e);
    }
  }

  private static AgentException gone(@Nullable Throwable cause) {
    return new AgentException(
        "agent_ended", "OpenCode cannot be reached: " + cause, "start it again", cause);
  }

  private static JsonNode read(byte[] bytes) {
    if (bytes.length == 0) {
      return Json.object();
    }
    try {
      return Json.MAPPER.readTree(bytes);
    } catch (JacksonException e) {
      return Json.object().put("message", new String(bytes, StandardCharsets.UTF_8));
    }
  }

  /**
   * Opens the stream of events; whoever reads it slowly slows the server down.
   *
   * @throws AgentException when there is none
   */
  InputStream events() {
    HttpRequest request =
        request("/event").header("Accept", "text/event-stream").timeout(LIMIT).GET().build();
    try {
      HttpResponse<InputStream> response = http.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        response.body().close();
        throw new AgentException(
            "agent_start_failed",
            "OpenCode gives no events: it answered " + response.statusCode(),
            null,
            null);
      }
      return response.body();
    } catch (IOException e) {
      throw gone(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw gone(e);
    }
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(base.resolve(path))
        .header("Authorization", authorization)
        .header("Content-Type", "application/json");
  }

  /** Breaks off what is under way. */
  @Override
  public void close() {
    http.shutdownNow();
  }
}
