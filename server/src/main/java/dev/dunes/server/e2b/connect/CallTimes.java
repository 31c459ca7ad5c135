package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Exchange;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What a client says about time. E2B wire 2.7.
 *
 * @param timeout after which it waits no more; empty for never
 * @param keepalive how long a stream may be silent
 */
public record CallTimes(Optional<Duration> timeout, Duration keepalive) {
  private static final Duration USUAL_KEEPALIVE = Duration.ofSeconds(90);
  private static final Pattern MILLIS = Pattern.compile("\\d{1,10}");
  private static final Pattern SECONDS = Pattern.compile("\\d{1,6}");

  static CallTimes of(Exchange exchange) {
    Optional<Duration> timeout =
        exchange
            .header("connect-timeout-ms")
            .map(text -> {
              if (!MILLIS.matcher(text).matches()) {
                throw new ConnectException(
                    ConnectCode.INVALID_ARGUMENT,
                    "Connect-Timeout-Ms must be a number of at most ten digits");
              }
              return Duration.ofMillis(Long.parseLong(text));
            });
    // As with E2B, what is no number of seconds is as good as none.
    Duration keepalive =
        exchange
            .header("keepalive-ping-interval")
            .filter(text -> SECONDS.matcher(text).matches())
            .map(text -> Duration.ofSeconds(Long.parseLong(text)))
            .filter(Duration::isPositive)
            .orElse(USUAL_KEEPALIVE);
    return new CallTimes(timeout, keepalive);
  }
}
