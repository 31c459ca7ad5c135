package dev.dunes.provider.cloud;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * HTTP with a vendor: retries where they are safe, waits as long as the vendor asks, turns failures
 * into the exceptions of this library. Shows no header and no body but the vendor's own message.
 */
public final class CloudHttp implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(CloudHttp.class);
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(10);
  private static final int ATTEMPTS = 4;
  private static final Duration FIRST_WAIT = Duration.ofMillis(200);

  /** A vendor that asks for more is not waited for: the caller is told instead. */
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);

  private static final Duration BODY_LIMIT = Duration.ofMinutes(2);
  private static final Duration ERROR_LIMIT = Duration.ofSeconds(10);

  /**
   * How long a vendor may do nothing while contents are on their way, or before a stream begins.
   */
  static final Duration STILL_LIMIT = Duration.ofMinutes(2);

  /** Of an error's body. */
  private static final int MOST_ERROR_BYTES = 64 << 10;

  private final String provider;
  private final String credentials;
  private final Secrets secrets;
  private final BiFunction<Integer, String, String> messages;
  private final Function<String, Optional<Duration>> waits;
  private final HttpClient client;

  /**
   * @param credentials what the credentials are called, for remedies
   * @param messages finds a vendor's message in the status and body of an error
   */
  public CloudHttp(
      String provider,
      String credentials,
      Secrets secrets,
      BiFunction<Integer, String, String> messages) {
    this(provider, credentials, secrets, messages, body -> Optional.empty());
  }

  /**
   * @param credentials what the credentials are called, for remedies
   * @param messages finds a vendor's message in the status and body of an error
   * @param waits finds how long a vendor asks to wait in the body of an error, for those who do not
   *     say it in a header
   */
  public CloudHttp(
      String provider,
      String credentials,
      Secrets secrets,
      BiFunction<Integer, String, String> messages,
      Function<String, Optional<Duration>> waits) {
    this.provider = requireNonNull(provider, "provider");
    this.credentials = requireNonNull(credentials, "credentials");
    this.secrets = requireNonNull(secrets, "secrets");
    this.messages = requireNonNull(messages, "messages");
    this.waits = requireNonNull(waits, "waits");
    this.client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_LIMIT)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
  }

  /** The client itself, for WebSockets. */
  public HttpClient client() {
    return client;
  }

  /** The whole answer as JSON; an empty object when there is no body. */
  public JsonNode json(CloudCall call) {
    return whole(call).json();
  }

  /**
   * The same, of one that is short.
   *
   * @param mostBytes more are an error
   */
  public JsonNode json(CloudCall call, int mostBytes) {
    return whole(call, mostBytes).json();
  }

  /**
   * A whole answer.
   *
   * @param bytes of its body
   */
  record Whole(HttpHeaders headers, JsonNode json, int bytes) {}

  Whole whole(CloudCall call) {
    return whole(call, CloudAnswer.MOST_BYTES);
  }

  private Whole whole(CloudCall call, int mostBytes) {
    try (CloudAnswer answer = open(call)) {
      byte[] bytes =
          Timeouts.within(call.limit().orElse(BODY_LIMIT), () -> answer.bytes(mostBytes));
      JsonNode json =
          bytes.length == 0
              ? CloudAnswer.JSON.createObjectNode()
              : CloudAnswer.JSON.readTree(bytes);
      return new Whole(answer.headers(), json, bytes.length);
    } catch (IOException | tools.jackson.core.JacksonException e) {
      throw broken(call, e);
    }
  }

  /** Who is asked. */
  String provider() {
    return provider;
  }

  /** Only the status; the body is dropped. */
  public int status(CloudCall call) {
    try (CloudAnswer answer = open(call)) {
      return answer.status();
    }
  }

  public static ObjectNode object() {
    return CloudAnswer.JSON.createObjectNode();
  }

  /** The answer once its head is there. */
  public CloudAnswer open(CloudCall call) {
    for (int attempt = 1; ; attempt++) {
      boolean last = attempt == ATTEMPTS;
      try {
        HttpResponse<InputStream> response =
            client.send(request(call), BodyHandlers.ofInputStream());
        int status = response.statusCode();
        if (status / 100 == 2 || call.accepted().contains(status)) {
          return new CloudAnswer(status, response.headers(), response.body());
        }
        String body = error(response);
        Optional<Duration> asked = RetryAfter.of(response.headers()).or(() -> waits.apply(body));
        Duration wait = asked.orElseGet(backoff(attempt)::get);
        boolean refused = status == 429 && asked.isPresent();
        if (last
            || call.once()
            || !(refused || call.retried().contains(status))
            || wait.compareTo(LONGEST_WAIT) > 0) {
          throw failure(call, status, body, asked);
        }
        LOG.debug("{} {} answered {}, again in {}", provider, call.method(), status, wait);
        pause(wait);
      } catch (HttpConnectTimeoutException | ConnectException e) {
        // nothing was sent
        if (last) {
          throw unreachable(call, e);
        }
        pause(backoff(attempt).get());
      } catch (HttpTimeoutException e) {
        if (last || !call.repeatable()) {
          throw new SandboxTimeoutException(
              "%s did not answer within %d s"
                  .formatted(provider, call.limit().orElse(Duration.ZERO).toSeconds()),
              details(call)
                  .withRemedy("try again; see its status page")
                  .withCause(secrets.clean(e)));
        }
      } catch (IOException e) {
        if (last || !call.repeatable()) {
          throw broken(call, e);
        }
        pause(backoff(attempt).get());
      } catch (InterruptedException e) {
        throw new SandboxInterruptedException("waiting for " + provider, e);
      }
    }
  }

  /**
   * An answer that may last: its head has to be there within two minutes, and nothing limits what
   * comes then.
   */
  public CloudAnswer stream(CloudCall call) {
    return stream(call, STILL_LIMIT);
  }

  CloudAnswer stream(CloudCall call, Duration limit) {
    AtomicReference<CloudAnswer> late = new AtomicReference<>();
    CloudCall unlimited = call.unlimited();
    try {
      return Timeouts.within(
          limit,
          () -> {
            CloudAnswer answer = open(unlimited);
            late.set(answer);
            return answer;
          });
    } catch (SandboxTimeoutException | SandboxInterruptedException e) {
      CloudAnswer nobodys = late.get();
      if (nobodys != null) {
        nobodys.close();
      }
      throw e instanceof SandboxTimeoutException && e.provider().isEmpty()
          ? still(call, "did not answer", limit)
          : e;
    }
  }

  /**
   * Contents of a file as they come. When none come for two minutes, reading them throws an {@link
   * IOException} that a {@link SandboxTimeoutException} caused.
   */
  public InputStream contents(CloudCall call) {
    return contents(call, STILL_LIMIT);
  }

  InputStream contents(CloudCall call, Duration limit) {
    return new ComingContents(
        stream(call, limit).stream(), limit, () -> still(call, "sent no more of a file", limit));
  }

  /** A vendor that did nothing for too long. */
  SandboxTimeoutException still(CloudCall call, String what, Duration limit) {
    return new SandboxTimeoutException(
        "%s %s for %d s".formatted(provider, what, Math.max(1, limit.toSeconds())),
        details(call).withRemedy("try again; see its status page"));
  }

  private HttpRequest request(CloudCall call) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(call.uri()).method(call.method(), call.body().get());
    call.limit().ifPresent(request::timeout);
    if (!"https".equals(call.uri().getScheme())) {
      request.version(HttpClient.Version.HTTP_1_1);
    }
    call.headers()
        .forEach((name, value) -> {
          if (!value.chars().allMatch(CloudHttp::sendable)) {
            // The client's own error would show the value, which may be a key.
            throw new SandboxAuthenticationException(
                "%s: the value for header '%s' has characters that cannot be sent"
                    .formatted(provider, name),
                details(call).withRemedy("check %s: its value".formatted(credentials)));
          }
          request.header(name, value);
        });
    return request.build();
  }

  /** RFC 9110 5.5, without what is obsolete. */
  private static boolean sendable(int c) {
    return c >= ' ' && c < 0x7f || c == '\t';
  }

  private static java.util.function.Supplier<Duration> backoff(int attempt) {
    return () -> FIRST_WAIT.multipliedBy(1L << (attempt - 1));
  }

  private static void pause(Duration wait) {
    try {
      TimeUnit.NANOSECONDS.sleep(wait.toNanos());
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting to try again", e);
    }
  }

  /** What an error says. A vendor that never ends it, or breaks off, says nothing. */
  private static String error(HttpResponse<InputStream> response) {
    try (InputStream in = response.body()) {
      byte[] bytes = Timeouts.within(ERROR_LIMIT, () -> in.readNBytes(MOST_ERROR_BYTES));
      return new String(bytes, java.nio.charset.StandardCharsets.UTF_8);
    } catch (SandboxTimeoutException | IOException e) {
      LOG.debug("the body of an error never ended, or broke off", e);
      return "";
    }
  }

  private SandboxException failure(
      CloudCall call, int status, String body, Optional<Duration> asked) {
    return CloudErrors.of(
        provider,
        credentials,
        status,
        secrets.clean(messages.apply(status, body)),
        call.sandbox(),
        asked);
  }

  private ProviderException unreachable(CloudCall call, IOException e) {
    return new ProviderException(
        "%s cannot be reached at %s".formatted(provider, call.uri().getAuthority()),
        details(call)
            .withRemedy("check the network and the address that is set for it")
            .withCause(secrets.clean(e)));
  }

  /** The connection broke, or the answer made no sense. */
  public ProviderException broken(CloudCall call, Exception e) {
    return new ProviderException(
        "the connection to %s broke: %s"
            .formatted(provider, secrets.clean(String.valueOf(e.getMessage()))),
        details(call).withRemedy("try again; see its status page").withCause(secrets.clean(e)));
  }

  private ErrorDetails details(CloudCall call) {
    ErrorDetails details = ErrorDetails.NONE.withProvider(provider);
    return call.sandbox().map(details::withSandbox).orElse(details);
  }

  /** Ends everything under way. */
  @Override
  public void close() {
    client.shutdownNow();
  }
}
