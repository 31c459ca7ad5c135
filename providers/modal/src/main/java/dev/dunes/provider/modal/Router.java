package dev.dunes.provider.modal;

import dev.dunes.provider.modal.ModalApi.Access;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The way to the task of a sandbox, where commands run: another server with a token of its own. It
 * is asked for when it is needed, and once more when the token is not taken any more. Cloud
 * providers 2.2.
 */
final class Router implements AutoCloseable {
  private static final Duration FIRST_WAIT = Duration.ofMillis(10);
  private static final int RETRIES = 10;
  private static final Duration IDLE = Duration.ofSeconds(30);
  private static final int TLS_PORT = 443;

  private final ModalApi api;
  private final String id;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Access access;
  private @Nullable ManagedChannel channel;
  private String dialled = "";

  /**
   * @param id what the vendor calls the sandbox
   * @param known when it was made just now
   */
  Router(ModalApi api, String id, Optional<Access> known) {
    this.api = api;
    this.id = id;
    this.access = known.orElse(null);
  }

  /** Waits until commands can run. */
  void awaitReady() {
    way();
  }

  /** What the vendor calls the sandbox this leads to. */
  String sandbox() {
    return id;
  }

  private record Way(ManagedChannel channel, Access access) {}

  private Way way() {
    lock.lock();
    try {
      Access now = access;
      if (now == null) {
        now = api.access(id);
        access = now;
      }
      ManagedChannel open = channel;
      if (open == null || open.isShutdown() || !dialled.equals(now.router())) {
        if (open != null) {
          open.shutdown();
        }
        open = dial(now.router());
        channel = open;
        dialled = now.router();
      }
      return new Way(open, now);
    } finally {
      lock.unlock();
    }
  }

  private ManagedChannel dial(String address) {
    boolean local = api.control.settings.local();
    try {
      URI uri = URI.create(address);
      if (uri.getHost() == null || !local && !"https".equals(uri.getScheme())) {
        throw strange(address);
      }
      int port = uri.getPort() > 0 ? uri.getPort() : TLS_PORT;
      return Channels.open(uri.getHost(), port, local, IDLE);
    } catch (IllegalArgumentException e) {
      throw strange(address);
    }
  }

  private ProviderException strange(String address) {
    return new ProviderException(
        "modal gave the address of a router that is not https: "
            + api.control.secrets.clean(address),
        ErrorDetails.at(ModalSandboxProviderFactory.NAME, id)
            .withRemedy("try again; see the provider's status page"));
  }

  /** The token was not taken: the next call asks for another. */
  private void forget(Access old) {
    lock.lock();
    try {
      if (old.equals(access)) {
        access = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private static RpcCall open(
      Way way, MethodDescriptor<byte[], byte[]> method, Optional<Duration> limit) {
    Metadata headers = new Metadata();
    headers.put(ControlPlane.key("authorization"), "Bearer " + way.access().jwt());
    return RpcCall.open(way.channel(), method, headers, limit);
  }

  /** What is done with an open call. */
  interface Use<T> {
    T with(RpcCall call, String task) throws StatusException;
  }

  /**
   * One message for one, with as many tries as are worth it: the call must do no harm when it comes
   * twice.
   *
   * @param request the message to a task
   */
  WireMessage call(String method, Function<String, WireFields> request, Optional<Duration> limit) {
    return WireMessage.of(
        repeat(
            Rpc.router(method),
            limit,
            RETRIES,
            (call, task) -> call.exchange(request.apply(task).toBytes())));
  }

  WireMessage call(String method, Function<String, WireFields> request) {
    return call(method, request, Optional.of(ControlPlane.USUAL_LIMIT));
  }

  /** The same with a call of another kind. */
  <T> T stream(MethodType type, String method, Use<T> use) throws StatusException {
    return stream(type, method, Optional.empty(), use);
  }

  /** The same, over within a limit. */
  <T> T stream(MethodType type, String method, Optional<Duration> limit, Use<T> use)
      throws StatusException {
    Way way = way();
    try (RpcCall call = open(way, Rpc.of(type, Rpc.ROUTER, method), limit)) {
      return use.with(call, way.access().task());
    } catch (StatusException e) {
      if (ModalErrors.unauthenticated(e)) {
        forget(way.access());
      }
      throw e;
    }
  }

  /** One message for one, once: with another token when the first is not taken. */
  WireMessage once(String method, Function<String, WireFields> request, Duration limit)
      throws StatusException {
    for (boolean renewed = false; ; renewed = true) {
      Way way = way();
      try (RpcCall call = open(way, Rpc.router(method), Optional.of(limit))) {
        return WireMessage.of(call.exchange(request.apply(way.access().task()).toBytes()));
      } catch (StatusException e) {
        if (renewed || !ModalErrors.unauthenticated(e)) {
          throw e;
        }
        forget(way.access());
      }
    }
  }

  /** What becomes of a failure that is not tried again. */
  SandboxException failure(StatusException e) {
    return api.control.errors.of(e, Optional.of(id));
  }

  private byte[] repeat(
      MethodDescriptor<byte[], byte[]> method,
      Optional<Duration> limit,
      int retries,
      Use<byte[]> use) {
    boolean renewed = false;
    for (int tries = 0; ; ) {
      Way way = way();
      try (RpcCall call = open(way, method, limit)) {
        return use.with(call, way.access().task());
      } catch (StatusException e) {
        if (ModalErrors.unauthenticated(e) && !renewed) {
          renewed = true;
          forget(way.access());
        } else if (ModalErrors.passing(e) && tries < retries && (tries == 0 || !late(e))) {
          ControlPlane.pause(backoff(tries++));
        } else {
          throw failure(e);
        }
      }
    }
  }

  /** Whether a whole time limit was waited for: that is done twice and not ten times. */
  static boolean late(StatusException e) {
    return ModalErrors.is(e, Status.Code.DEADLINE_EXCEEDED);
  }

  static Duration backoff(int tries) {
    return FIRST_WAIT.multipliedBy(1L << Math.min(tries, RETRIES));
  }

  /** Whether it is worth opening a stream once more. */
  static boolean again(StatusException e, int tries) {
    return tries < RETRIES && (ModalErrors.passing(e) || ModalErrors.unauthenticated(e));
  }

  @Override
  public void close() {
    lock.lock();
    try {
      ManagedChannel open = channel;
      if (open != null) {
        open.shutdownNow();
      }
      channel = null;
      access = null;
    } finally {
      lock.unlock();
    }
  }
}
