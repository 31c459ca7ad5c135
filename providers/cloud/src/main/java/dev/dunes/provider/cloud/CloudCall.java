package dev.dunes.provider.cloud;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * A request to a vendor. Immutable.
 *
 * @param method of HTTP
 * @param uri where to
 * @param headers beside those of the vendor
 * @param body made anew for each attempt
 * @param limit until the head of the answer is there; none for streams
 * @param repeatable whether a second one does no harm when it is unknown what the first one did
 * @param retried statuses that are worth a second try, beside 429 with a time to wait
 * @param accepted statuses beside 2xx that are answers and no failures
 * @param once whether its body can be made only once, so that it is never sent again
 * @param sandbox the sandbox it is about
 */
public record CloudCall(
    String method,
    URI uri,
    Map<String, String> headers,
    Supplier<BodyPublisher> body,
    Optional<Duration> limit,
    boolean repeatable,
    Set<Integer> retried,
    Set<Integer> accepted,
    boolean once,
    Optional<String> sandbox) {
  private static final Duration USUAL_LIMIT = Duration.ofSeconds(60);
  private static final Set<Integer> PASSING = Set.of(429, 502, 503, 504);

  /** Repeatable when it only reads or deletes. */
  public static CloudCall of(String method, URI uri) {
    boolean repeatable = !method.equals("POST") && !method.equals("PATCH");
    return new CloudCall(
        method,
        uri,
        Map.of(),
        BodyPublishers::noBody,
        Optional.of(USUAL_LIMIT),
        repeatable,
        repeatable ? PASSING : Set.of(),
        Set.of(),
        false,
        Optional.empty());
  }

  public CloudCall json(JsonNode json) {
    byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
    return header("content-type", "application/json").body(() -> BodyPublishers.ofByteArray(bytes));
  }

  public CloudCall body(Supplier<BodyPublisher> made) {
    return new CloudCall(
        method, uri, headers, made, limit, repeatable, retried, accepted, once, sandbox);
  }

  public CloudCall header(String name, String value) {
    Map<String, String> more = new LinkedHashMap<>(headers);
    more.put(name, value);
    return new CloudCall(
        method, uri, Map.copyOf(more), body, limit, repeatable, retried, accepted, once, sandbox);
  }

  /** Says that a second one does no harm. */
  public CloudCall asRepeatable() {
    return new CloudCall(method, uri, headers, body, limit, true, PASSING, accepted, once, sandbox);
  }

  /** Gateway statuses are an answer here, not a failure on the way. */
  public CloudCall notRetried() {
    return new CloudCall(
        method, uri, headers, body, limit, repeatable, Set.of(), accepted, once, sandbox);
  }

  /** Its body is a stream that cannot be begun again. */
  public CloudCall asOnce() {
    return new CloudCall(
        method, uri, headers, body, limit, false, Set.of(), accepted, true, sandbox);
  }

  public CloudCall accepting(Integer... statuses) {
    return new CloudCall(
        method, uri, headers, body, limit, repeatable, retried, Set.of(statuses), once, sandbox);
  }

  public CloudCall within(Duration most) {
    return new CloudCall(
        method,
        uri,
        headers,
        body,
        Optional.of(most),
        repeatable,
        retried,
        accepted,
        once,
        sandbox);
  }

  public CloudCall unlimited() {
    return new CloudCall(
        method, uri, headers, body, Optional.empty(), repeatable, retried, accepted, once, sandbox);
  }

  public CloudCall about(String id) {
    return new CloudCall(
        method, uri, headers, body, limit, repeatable, retried, accepted, once, Optional.of(id));
  }
}
