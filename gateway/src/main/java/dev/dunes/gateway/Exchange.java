package dev.dunes.gateway;

import dev.dunes.gateway.metering.Meter;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.RequestOptions;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One request of a sandbox and its answer. Lives on one event loop, but for {@link #abort()}.
 *
 * <p>Bodies pass piece by piece: whoever writes faster than the other side reads is paused.
 */
final class Exchange implements Lease.Running {
  private static final int MAX_ERROR = 1024 * 1024;
  private static final int ERROR = 400;
  private static final int REDIRECT = 300;

  private enum Phase {
    RECEIVING,
    WAITING,
    ANSWERING,
    OVER
  }

  private final ModelLoop loop;
  private final Lease lease;
  private final Route route;
  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Bill bill;
  private final Optional<Tape> tape;
  private final long start = System.nanoTime();
  private Phase phase = Phase.RECEIVING;
  private long progress = start;
  private boolean entered;
  private boolean sent;
  private boolean accounted;
  private long requestBytes;
  private Meter meter;
  private @Nullable HttpClientRequest upstream;

  Exchange(ModelLoop loop, Lease lease, Route route, HttpServerRequest request) {
    this.loop = loop;
    this.lease = lease;
    this.route = route;
    this.request = request;
    this.response = request.response();
    this.bill = new Bill(lease, route.model());
    this.tape = lease.recorder().map(recorder -> new Tape(recorder, route));
    this.meter = Meter.of(route.protocol(), "");
  }

  void begin() {
    loop.add(this);
    if (!lease.begin(this)) {
      refuse(Refusal.noToken());
      return;
    }
    entered = lease.enterRequest();
    lease.active();
    if (!entered) {
      refuse(Refusal.tooMany());
    } else if (lease.ledger().exhausted()) {
      refuse(Refusal.budget(lease.ledger().budgetUsd()));
    } else if (contentLength() > loop.options().maxBodyBytes()) {
      refuse(Refusal.tooLarge(loop.options().maxBodyBytes()));
    } else {
      response.closeHandler(closed -> clientGone());
      response.exceptionHandler(failure -> clientGone());
      request.exceptionHandler(failure -> clientGone());
      admit();
    }
  }

  private void admit() {
    if ("100-continue".equalsIgnoreCase(request.getHeader("expect"))) {
      response.writeContinue();
    }
    Optional<Wire> wire = lease.wire(route.protocol());
    if (lease.replay().isPresent()) {
      collect(body -> new Replay(this, lease, route, lease.replay().get()).answer(body));
    } else if (wire.isEmpty()) {
      refuse(Refusal.noUpstream(route.protocol()));
    } else if (wire.get().wantsBody()) {
      collect(body -> prepare(wire.get(), body));
    } else {
      prepare(wire.get(), new byte[0]);
    }
  }

  private void collect(Consumer<byte[]> then) {
    Collector.collect(
        request,
        loop.options().maxBodyBytes(),
        this::progressed,
        () -> refuse(Refusal.tooLarge(loop.options().maxBodyBytes())),
        body -> {
          if (phase != Phase.OVER) {
            phase = Phase.WAITING;
            asking(Buffer.buffer(body));
            then.accept(body);
          }
        });
  }

  private void prepare(Wire wire, byte[] body) {
    Incoming incoming =
        new Incoming(
            route,
            HeaderRules.query(Optional.ofNullable(request.query()).orElse("")),
            HeaderRules.toProvider(request.headers()),
            body);
    if (wire.wantsBody()) {
      loop.blocking(() -> wire.prepare(incoming))
          .onComplete(outgoing -> send(wire, outgoing), failure -> unprepared(wire, failure));
      return;
    }
    try {
      send(wire, wire.prepare(incoming));
    } catch (IOException | KeyRefusedException | InterruptedException e) {
      unprepared(wire, e); // a wire that does not want the body has no reason to
    }
  }

  private void unprepared(Wire wire, Throwable failure) {
    switch (failure) {
      case IllegalArgumentException e -> refuse(Refusal.invalid(String.valueOf(e.getMessage())));
      case KeyRefusedException e ->
          keyRejected(
              new ProviderError(provider(wire), e.status(), String.valueOf(e.getMessage()), ""));
      default -> unreachable(wire, failure);
    }
  }

  private void send(Wire wire, Outgoing outgoing) {
    if (phase == Phase.OVER) {
      return;
    }
    URI base = wire.upstream().base();
    boolean ssl = "https".equals(base.getScheme());
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(route.method()))
            .setHost(base.getHost())
            .setPort(base.getPort() > 0 ? base.getPort() : ssl ? 443 : 80)
            .setSsl(ssl)
            .setURI(Optional.ofNullable(base.getRawPath()).orElse("") + outgoing.path())
            .setConnectTimeout(loop.options().connectTimeout().toMillis())
            .setHeaders(outgoing.headers());
    loop.client()
        .request(options)
        .onComplete(
            connected -> connected(wire, outgoing, connected),
            failure -> unreachable(wire, failure));
  }

  private void connected(Wire wire, Outgoing outgoing, HttpClientRequest connected) {
    if (phase == Phase.OVER) {
      connected.reset();
      return;
    }
    upstream = connected;
    connected.exceptionHandler(failure -> unreachable(wire, failure));
    connected
        .response()
        .onComplete(answer -> answered(wire, answer), failure -> unreachable(wire, failure));
    if (outgoing.body().isPresent()) {
      sent = true;
      connected.end(Buffer.buffer(outgoing.body().get()));
    } else if (request.isEnded()) {
      requestPassed(connected);
    } else {
      passRequest(connected);
    }
  }

  private void passRequest(HttpClientRequest connected) {
    if (contentLength() >= 0) {
      connected.putHeader("content-length", String.valueOf(contentLength()));
    } else {
      connected.setChunked(true);
    }
    request.handler(piece -> {
      if (phase == Phase.OVER) {
        return;
      }
      progressed();
      asking(piece);
      if (requestBytes > loop.options().maxBodyBytes()) {
        refuse(Refusal.tooLarge(loop.options().maxBodyBytes()));
        return;
      }
      connected.write(piece);
      if (connected.writeQueueFull()) {
        request.pause();
        connected.drainHandler(drained -> request.resume());
      }
    });
    request.endHandler(end -> requestPassed(connected));
    request.resume();
  }

  private void requestPassed(HttpClientRequest connected) {
    if (phase == Phase.OVER) {
      return;
    }
    sent = true;
    if (phase == Phase.RECEIVING) {
      phase = Phase.WAITING;
    }
    connected.end();
  }

  /** The agent's words on their way. */
  private void asking(Buffer piece) {
    if (requestBytes == 0 && route.model().isEmpty()) {
      bill.askedModel(ModelName.in(piece));
    }
    requestBytes += piece.length();
    tape.ifPresent(each -> each.asked(piece.getBytes()));
  }

  private void answered(Wire wire, HttpClientResponse answer) {
    if (phase == Phase.OVER) {
      return;
    }
    progressed();
    phase = Phase.ANSWERING;
    int status = answer.statusCode();
    answer.exceptionHandler(failure -> unreachable(wire, failure));
    boolean perhapsKey = status == 400 || status == 401 || status == 403;
    if (status >= ERROR && (perhapsKey || wire.foreignErrors())) {
      whole(wire, answer, body -> failed(wire, answer, body));
    } else if (status < REDIRECT && wire.rewrites(route)) {
      whole(wire, answer, body -> passWhole(answer, wire.rewrite(route, body)));
    } else {
      new AnswerStream(
              this,
              answer,
              status < REDIRECT ? wire.decoder(contentType(answer)) : AnswerDecoder.NOTHING)
          .pass(failure -> unreachable(wire, failure));
    }
  }

  private void whole(Wire wire, HttpClientResponse answer, Consumer<byte[]> then) {
    Collector.collect(
        answer,
        MAX_ERROR,
        this::progressed,
        () ->
            unreachable(wire, new IOException("its error is larger than " + MAX_ERROR + " bytes")),
        body -> {
          if (phase != Phase.OVER) {
            then.accept(body);
          }
        });
  }

  private void failed(Wire wire, HttpClientResponse answer, byte[] body) {
    ProviderError error = ProviderError.of(provider(wire), answer.statusCode(), body);
    if (error.rejectsKey()) {
      wire.rejected();
      keyRejected(error);
    } else if (wire.foreignErrors()) {
      String retryAfter = answer.getHeader("retry-after");
      if (retryAfter != null) {
        response.putHeader("retry-after", retryAfter);
      }
      end(error.asRefusal(lease.scrub(error.message())));
      finish(true);
    } else {
      passWhole(answer, body);
    }
  }

  private void keyRejected(ProviderError error) {
    String message = lease.scrub(error.message());
    lease.tell(
        new GatewayEvent.KeyRejected(
            lease.runId(), Instant.now(), error.provider(), error.status(), message));
    end(Refusal.keyRejected(error.provider(), error.status(), message));
    finish(true);
  }

  private void passWhole(HttpClientResponse answer, byte[] body) {
    HeaderRules.toSandbox(answer.headers(), response.headers());
    response.headers().remove("content-length");
    response.setStatusCode(answer.statusCode());
    passing(body);
    answerOver(contentType(answer));
    response.end(Buffer.buffer(body));
  }

  /**
   * Bytes of the answer are on their way.
   *
   * @return false when the run's money is spent and the answer must end here
   */
  boolean passing(byte[] bytes) {
    progressed();
    tape.ifPresent(each -> each.answered(bytes));
    if (route.generates() && response.getStatusCode() < ERROR && meter.accept(bytes)) {
      bill.said(meter);
      return !(lease.ledger().exhausted()
          && route.protocol() == ModelProtocol.ANTHROPIC
          && meter.justBegun());
    }
    return true;
  }

  /** The head of an answer is known. */
  void answering(String contentType) {
    phase = Phase.ANSWERING;
    meter = Meter.of(route.protocol(), contentType);
  }

  /**
   * All of the answer is here. Told before its last byte goes on, so that whoever has the whole
   * answer finds it counted and recorded.
   */
  void answerHere(String contentType) {
    if (accounted) {
      return;
    }
    tape.ifPresent(each -> each.over(response.getStatusCode(), contentType));
    account(true, response.getStatusCode());
  }

  /** All of the answer has passed. */
  void answerOver(String contentType) {
    answerHere(contentType);
    over();
  }

  /** The run's money is spent while an answer begins: the agent is told within the stream. */
  void cut() {
    Refusal refusal = Refusal.budget(lease.ledger().budgetUsd());
    response.write(Buffer.buffer("event: error\ndata: "));
    response.write(Buffer.buffer(refusal.body(route.protocol())));
    finish(false, response.getStatusCode());
    response.end("\n\n");
  }

  HttpServerResponse response() {
    return response;
  }

  ModelLoop loop() {
    return loop;
  }

  boolean isOver() {
    return phase == Phase.OVER;
  }

  private void unreachable(Wire wire, Throwable failure) {
    if (phase == Phase.OVER) {
      return;
    }
    String reason = lease.scrub(Failures.reason(failure));
    lease.tell(
        new GatewayEvent.UpstreamUnreachable(lease.runId(), Instant.now(), provider(wire), reason));
    if (response.headWritten()) {
      finish(false);
      response.reset(); // an end that looks like one would pass for the whole answer
    } else {
      end(Refusal.unreachable(provider(wire), reason));
      finish(false);
    }
  }

  private static String provider(Wire wire) {
    return wire.upstream().provider();
  }

  private void clientGone() {
    if (phase != Phase.OVER) {
      finish(false);
    }
  }

  /** Ends the exchange with an answer of the gateway's own. */
  void refuse(Refusal refusal) {
    if (phase == Phase.OVER) {
      return;
    }
    lease.tell(
        new GatewayEvent.RequestRefused(
            lease.runId(), Instant.now(), route.path(), refusal.status(), refusal.message()));
    end(refusal);
    over();
  }

  private void end(Refusal refusal) {
    loop.refuse(request, refusal, route.protocol());
  }

  /** The provider was asked, and that is over. */
  private void finish(boolean complete) {
    finish(complete, response.headWritten() ? response.getStatusCode() : 0);
  }

  private void finish(boolean complete, int status) {
    account(complete, status);
    over();
  }

  private void account(boolean complete, int status) {
    if (accounted || phase == Phase.OVER) {
      return;
    }
    accounted = true;
    if (!route.generates()) {
      return;
    }
    if (status < ERROR && (complete || sent)) {
      bill.over(meter, complete, sent ? requestBytes : 0);
    }
    lease.tell(
        new GatewayEvent.ModelRequestFinished(
            lease.runId(),
            Instant.now(),
            route.protocol(),
            route.path(),
            bill.model(meter),
            status,
            bill.charged(),
            bill.estimated(),
            complete,
            Duration.ofNanos(System.nanoTime() - start)));
  }

  private void over() {
    Phase before = phase;
    phase = Phase.OVER;
    if (before == Phase.OVER) {
      return;
    }
    if (upstream != null) {
      upstream.reset(); // nothing happens when it is over
    }
    loop.remove(this);
    lease.end(this);
    if (entered) {
      lease.leaveRequest();
    }
  }

  /** Looked at now and then: has something happened lately? */
  void check(long now) {
    long idle = now - progress;
    if (phase == Phase.RECEIVING && !providerIsSlow()) {
      if (idle > loop.options().requestTimeout().toNanos()) {
        refuse(Refusal.slow());
      }
    } else if (phase != Phase.OVER && idle > loop.options().modelIdleTimeout().toNanos()) {
      stalled();
    }
  }

  /** Whether a request does not come on because the provider does not take it. */
  private boolean providerIsSlow() {
    return upstream != null && !sent && upstream.writeQueueFull();
  }

  private void stalled() {
    if (response.headWritten()) {
      finish(false);
      response.reset();
    } else {
      String provider = lease.wire(route.protocol()).map(Exchange::provider).orElse("cassette");
      lease.tell(
          new GatewayEvent.UpstreamUnreachable(
              lease.runId(), Instant.now(), provider, "no answer in time"));
      end(Refusal.silent(provider));
      finish(false);
    }
  }

  @Override
  public void abort() {
    loop.run(() -> {
      if (phase != Phase.OVER) {
        finish(false);
        response.reset();
      }
    });
  }

  void progressed() {
    progress = System.nanoTime();
    lease.active();
  }

  private long contentLength() {
    String header = request.getHeader("content-length");
    return header == null ? -1 : Long.parseLong(header); // the server has checked it
  }

  private static String contentType(HttpClientResponse answer) {
    return Optional.ofNullable(answer.getHeader("content-type")).orElse("");
  }
}
