package dev.dunes.sandbox.conformance;

import dev.dunes.sandbox.conformance.FaultyProxy.Fault;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/**
 * The bad days of a vendor whose own server runs here, or one that is as good: a proxy before it,
 * one for each test, fails where it is told to.
 */
public abstract class ProxiedVendorFaults extends VendorFaultsConformance {
  /**
   * How a call is known.
   *
   * @param path what the whole path matches
   */
  public record Request(String method, String path) {}

  private Optional<FaultyProxy> proxy = Optional.empty();
  private CountDownLatch served = new CountDownLatch(0);

  protected ProxiedVendorFaults() {}

  /** Where the server listens. */
  protected abstract URI server();

  /** Opens the provider at an address. */
  protected abstract SandboxProvider open(URI address, String key);

  /** The credentials that are right. */
  protected abstract String key();

  /** By which requests a call is made. */
  protected abstract Request request(Call call);

  /** An error in the vendor's own form. */
  protected abstract String error(int status);

  /** The proxy of this test. */
  protected final FaultyProxy proxy() {
    return proxy.orElseThrow();
  }

  @Override
  protected final SandboxProvider open(Optional<String> key) {
    if (proxy.isEmpty()) {
      try {
        proxy = Optional.of(new FaultyProxy(server()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return open(proxy().uri(), key.orElse(key()));
  }

  @Override
  protected final void clearAway() {
    proxy().close();
  }

  /** An answer that is an error. */
  protected final Fault answer(int status, String... headers) {
    return new Fault.Answer(
        status, error(status), headers.length == 0 ? Map.of() : Map.of(headers[0], headers[1]));
  }

  @Override
  protected final void fail(Call call, int status, Optional<Duration> wait, boolean after) {
    Request request = request(call);
    Fault fault =
        after
            ? new Fault.AnswerAfter(status, "upstream broke")
            : wait.map(time -> answer(status, "Retry-After", Long.toString(time.toSeconds())))
                .orElseGet(() -> answer(status));
    proxy().next(request.method(), request.path(), fault);
  }

  @Override
  protected final void hold(Call call, CountDownLatch arrived, CountDownLatch release) {
    Request request = request(call);
    served = new CountDownLatch(1);
    proxy().next(request.method(), request.path(), new Fault.Late(arrived, release, served));
  }

  /** Waits until the server has done what was held back. */
  protected final CountDownLatch served() {
    return served;
  }

  @Override
  protected final long asked(Call call) {
    Request request = request(call);
    return asked(request.method() + " " + request.path());
  }

  /** How many requests {@code METHOD PATH} matched this. */
  protected final long asked(String request) {
    return proxy().seen().stream().filter(each -> each.matches(request)).count();
  }

  @Override
  protected final List<?> notMet() {
    return proxy().left();
  }
}
