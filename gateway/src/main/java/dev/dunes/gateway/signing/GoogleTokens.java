package dev.dunes.gateway.signing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.gateway.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Access tokens of one service account. One is asked for at a time and kept until shortly before
 * its end. Safe for use by several threads.
 */
public final class GoogleTokens implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.builder().build();
  private static final Duration EARLY = Duration.ofMinutes(2);
  private static final int MAX_ANSWER = 64 * 1024;
  private static final int OK = 200;
  private static final int SERVER_ERROR = 500;

  private record Token(Secret value, Instant until) {}

  private final Path credentials;
  private final Duration timeout;
  private final Clock clock;
  private final HttpClient client;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<Token> token = Optional.empty();

  /**
   * @param timeout for the exchange of a statement for a token
   */
  public GoogleTokens(Path credentials, Duration timeout, Clock clock) {
    this.credentials = credentials;
    this.timeout = timeout;
    this.clock = clock;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(timeout)
            .build();
  }

  /**
   * One that is good for some minutes at least.
   *
   * @throws IOException when the file cannot be used or the service not be reached
   * @throws TokenRefusedException when the service knows better
   */
  public Secret token() throws IOException, TokenRefusedException, InterruptedException {
    lock.lockInterruptibly();
    try {
      Instant now = clock.instant();
      if (token.isEmpty() || !token.get().until().isAfter(now)) {
        token = Optional.of(exchange(now));
      }
      return token.get().value();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets what is kept: the provider did not accept it. */
  public void forget() {
    lock.lock();
    try {
      token = Optional.empty();
    } finally {
      lock.unlock();
    }
  }

  private Token exchange(Instant now)
      throws IOException, TokenRefusedException, InterruptedException {
    ServiceAccount account = ServiceAccount.read(credentials);
    String form =
        "grant_type="
            + URLEncoder.encode("urn:ietf:params:oauth:grant-type:jwt-bearer", UTF_8)
            + "&assertion="
            + account.assertion(now).reveal();
    HttpRequest request =
        HttpRequest.newBuilder(account.tokenUri())
            .timeout(timeout)
            .header("content-type", "application/x-www-form-urlencoded")
            .POST(HttpRequest.BodyPublishers.ofString(form))
            .build();
    HttpResponse<InputStream> response =
        client.send(request, HttpResponse.BodyHandlers.ofInputStream());
    JsonNode answer;
    try (InputStream body = response.body()) {
      answer = JSON.readTree(body.readNBytes(MAX_ANSWER));
    } catch (JacksonException e) {
      throw new IOException(
          "the token service answered " + response.statusCode() + " without JSON");
    }
    String value = answer.path("access_token").asString("");
    if (response.statusCode() >= SERVER_ERROR) {
      throw new IOException("the token service answered " + response.statusCode());
    }
    if (response.statusCode() != OK || value.isEmpty()) {
      throw new TokenRefusedException(
          response.statusCode(),
          answer.path("error_description").asString(answer.path("error").asString("no token")));
    }
    Duration life = Duration.ofSeconds(answer.path("expires_in").asLong(0));
    return new Token(Secret.of(value), now.plus(life).minus(EARLY));
  }

  @Override
  public void close() {
    client.shutdownNow();
  }
}
