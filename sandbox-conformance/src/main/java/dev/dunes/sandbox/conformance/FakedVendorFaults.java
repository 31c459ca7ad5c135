package dev.dunes.sandbox.conformance;

import dev.dunes.sandbox.conformance.Faults.Fault;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeEach;

/** The bad days of a vendor whose fake speaks HTTP and asks {@link Faults} what becomes of it. */
public abstract class FakedVendorFaults extends VendorFaultsConformance {
  /**
   * How a call is known.
   *
   * @param path what the whole path matches
   */
  public record Request(String method, String path) {}

  protected FakedVendorFaults() {}

  /** What the fake asks. */
  protected abstract Faults faults();

  /** By which requests a call is made. */
  protected abstract Request request(Call call);

  /** How the vendor says how long to wait. */
  protected Map<String, String> retryHeaders(Duration wait) {
    return Map.of("Retry-After", Long.toString(wait.toSeconds()));
  }

  /** The same, for one who says it in the body of an error. */
  protected String retryBody(Optional<Duration> wait) {
    return "";
  }

  @BeforeEach
  final void forgetSeen() {
    faults().forgetSeen();
  }

  @Override
  protected final void fail(Call call, int status, Optional<Duration> wait, boolean after) {
    Request request = request(call);
    Map<String, String> headers = wait.map(this::retryHeaders).orElse(Map.of());
    faults()
        .next(new Fault(request.method(), request.path(), status, headers, retryBody(wait), after));
  }

  @Override
  protected final void hold(Call call, CountDownLatch arrived, CountDownLatch release) {
    Request request = request(call);
    faults().hold(request.method(), request.path(), arrived, release);
  }

  @Override
  protected final long asked(Call call) {
    Request request = request(call);
    return asked(request.method() + " " + request.path());
  }

  /** How many requests {@code METHOD PATH} matched this. */
  protected final long asked(String request) {
    return faults().asked(request);
  }

  @Override
  protected final List<?> notMet() {
    return faults().left();
  }
}
