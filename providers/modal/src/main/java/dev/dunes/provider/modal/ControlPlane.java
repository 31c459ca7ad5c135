package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.Secrets;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.StatusException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Calls to the control plane: who we are, tries and waits, warnings. Cloud providers 2.2. Shows no
 * credential: not in errors, not in logs.
 */
final class ControlPlane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlPlane.class);

  // what the published client whose protocol this is says of itself
  private static final String CLIENT_TYPE = "8";
  private static final String CLIENT_VERSION = "1.0.0";
  private static final String LIBRARY_VERSION = "modal-js/0.11.1";

  private static final Metadata.Key<String> AUTH_TOKEN = key("x-modal-auth-token");
  private static final Metadata.Key<String> WARNING = key("x-modal-warning");

  private static final int RETRIES = 3;
  private static final Duration FIRST_WAIT = Duration.ofMillis(100);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);

  /** A server that asks for more is not waited for: the caller is told instead. */
  private static final Duration LONGEST_ASKED = Duration.ofSeconds(30);

  /** It may ask again and again, but not for ever. */
  private static final int MOST_ASKED = 20;

  private static final Duration TOKEN_LIMIT = Duration.ofSeconds(5);
  static final Duration USUAL_LIMIT = Duration.ofSeconds(60);
  private static final Duration IDLE = Duration.ofMinutes(5);
  private static final int MOST_WARNINGS = 100;
  private static final long CLOSE_LIMIT_SECONDS = 5;

  final ModalSettings settings;
  final Secrets secrets = new Secrets();
  final ModalErrors errors = new ModalErrors(secrets);
  private final ManagedChannel channel;
  private final AuthTokens tokens = new AuthTokens(this::newToken);
  private final Set<String> warned = ConcurrentHashMap.newKeySet();

  ControlPlane(ModalSettings settings) {
    this.settings = settings;
    secrets.add(settings.tokenId());
    secrets.add(settings.tokenSecret());
    this.channel =
        Channels.open(settings.server().getHost(), settings.port(), settings.plaintext(), IDLE);
  }

  /** A new token; asks the server, and costs nothing. */
  String newToken() {
    WireMessage answer =
        exchange("AuthTokenGet", new WireFields(), TOKEN_LIMIT, Optional.empty(), newKey(), false);
    String token = answer.text(1);
    secrets.addPassing(token);
    return token;
  }

  /** One message for one. A try that repeats another has its key: the server does it once. */
  WireMessage call(String method, WireFields request) {
    return exchange(method, request, USUAL_LIMIT, Optional.empty(), newKey(), true);
  }

  /** The same about a sandbox. */
  WireMessage call(String method, WireFields request, String sandbox) {
    return exchange(method, request, USUAL_LIMIT, Optional.of(sandbox), newKey(), true);
  }

  /**
   * The same for what is made.
   *
   * @param key of {@link #newKey()}; a call with the same one makes nothing more
   */
  WireMessage make(String method, WireFields request, Duration limit, String key) {
    return exchange(method, request, limit, Optional.empty(), key, true);
  }

  static String newKey() {
    return UUID.randomUUID().toString();
  }

  private WireMessage exchange(
      String method,
      WireFields request,
      Duration limit,
      Optional<String> sandbox,
      String idempotency,
      boolean authenticated) {
    boolean fresh = false;
    int tries = 0;
    int asked = 0;
    while (true) {
      String token = authenticated ? tokens.get() : "";
      Metadata headers = headers(token);
      headers.put(key("x-idempotency-key"), idempotency);
      headers.put(key("x-retry-attempt"), Integer.toString(tries));
      headers.put(key("x-throttle-retry-attempt"), Integer.toString(asked));
      try (RpcCall call = RpcCall.open(channel, Rpc.control(method), headers, Optional.of(limit))) {
        byte[] answer = call.exchange(request.toBytes());
        warn(call.trailers());
        return WireMessage.of(answer);
      } catch (StatusException e) {
        warn(e.getTrailers());
        Optional<Duration> wait = ModalErrors.retryAfter(e.getTrailers());
        if (wait.isPresent()) {
          if (wait.get().compareTo(LONGEST_ASKED) > 0 || ++asked > MOST_ASKED) {
            throw errors.of(e, sandbox);
          }
          LOG.debug("modal asks to wait {} before {}", wait.get(), method);
          pause(wait.get());
        } else if (authenticated && ModalErrors.unauthenticated(e) && !fresh) {
          fresh = true;
          tokens.invalidate(token);
        } else if (ModalErrors.passing(e) && tries < RETRIES) {
          pause(backoff(tries++));
        } else {
          throw errors.of(e, sandbox);
        }
      }
    }
  }

  /** One message for many; not repeated. */
  RpcCall stream(String method, WireFields request, Duration limit) throws StatusException {
    RpcCall call =
        RpcCall.open(
            channel,
            Rpc.of(MethodType.SERVER_STREAMING, Rpc.CONTROL, method),
            headers(tokens.get()),
            Optional.of(limit));
    call.send(request.toBytes());
    call.end();
    return call;
  }

  private Metadata headers(String token) {
    Metadata headers = new Metadata();
    headers.put(key("x-modal-client-type"), CLIENT_TYPE);
    headers.put(key("x-modal-client-version"), CLIENT_VERSION);
    headers.put(key("x-modal-libmodal-version"), LIBRARY_VERSION);
    headers.put(key("x-modal-token-id"), settings.tokenId());
    headers.put(key("x-modal-token-secret"), settings.tokenSecret());
    headers.put(key("x-modal-host"), settings.server().getHost());
    if (!token.isEmpty()) {
      headers.put(AUTH_TOKEN, token);
    }
    return headers;
  }

  static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /** What the server wants people to know; once each. */
  private void warn(@Nullable Metadata trailers) {
    String all = trailers == null ? null : trailers.get(WARNING);
    if (all == null) {
      return;
    }
    for (String each : all.split(",", MOST_WARNINGS)) {
      String warning = secrets.clean(decode(each.strip()));
      if (!warning.isEmpty() && warned.size() < MOST_WARNINGS && warned.add(warning)) {
        LOG.warn("modal says: {}", warning);
      }
    }
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return text;
    }
  }

  static Duration backoff(int tries) {
    Duration wait = FIRST_WAIT.multipliedBy(1L << Math.min(tries, 10));
    return wait.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : wait;
  }

  static void pause(Duration wait) {
    try {
      TimeUnit.NANOSECONDS.sleep(wait.toNanos());
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for modal", e);
    }
  }

  /** What the server has wanted people to know. */
  Set<String> warnings() {
    return Set.copyOf(warned);
  }

  /** Asks for a token: whether the credentials are good. */
  void check() throws SandboxException {
    newToken();
  }

  @Override
  public void close() {
    channel.shutdownNow();
    try {
      if (!channel.awaitTermination(CLOSE_LIMIT_SECONDS, TimeUnit.SECONDS)) {
        LOG.debug("the connection to modal does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
