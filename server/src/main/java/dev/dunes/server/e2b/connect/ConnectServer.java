package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Reply;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Answers calls of the Connect protocol. Version 1, without compression. E2B wire 2.7.
 *
 * @param <C> what handlers are given besides the message
 */
public final class ConnectServer<C> {
  /** What a message may have, in bytes. */
  private static final int MOST = 16 << 20;

  private static final int TOO_LARGE = 413;
  private static final int UNSUPPORTED_TYPE = 415;

  private final Map<String, Method<C>> methods = new HashMap<>();

  public ConnectServer(List<Method<C>> all) {
    all.forEach(method -> methods.put(method.path(), method));
  }

  /** The method of a path, if there is one. */
  public Optional<Method<C>> find(String path) {
    return Optional.ofNullable(methods.get(path));
  }

  /**
   * Answers a call of a method.
   *
   * @param headers that the answer gets, whatever it is
   * @param context for the handler, given the request and what its client says about time
   */
  public void serve(
      Exchange exchange,
      Method<C> method,
      Map<String, String> headers,
      BiFunction<Exchange, CallTimes, C> context)
      throws InterruptedException {
    if (!exchange.method().equals("POST")) {
      throw new HttpFailure(Reply.empty(405).with("allow", "POST"));
    }
    Codec codec =
        Codec.of(contentType(exchange), method.streams())
            .orElseThrow(() -> new HttpFailure(unsupported(method.streams())));
    switch (method.handler()) {
      case Method.Unary<C> unary -> unary(exchange, codec, method, unary, headers, context);
      case Method.ServerStream<C> stream ->
          serverStream(exchange, codec, method, stream, headers, context);
      case Method.ClientStream<C> stream ->
          clientStream(exchange, codec, method, stream, headers, context);
    }
  }

  private static String contentType(Exchange exchange) {
    String type = exchange.header("content-type").orElse("");
    int parameters = type.indexOf(';');
    return (parameters < 0 ? type : type.substring(0, parameters)).strip().toLowerCase(Locale.ROOT);
  }

  private static Reply unsupported(boolean stream) {
    return Reply.empty(UNSUPPORTED_TYPE)
        .with(
            "accept-post", Codec.JSON.contentType(stream) + ", " + Codec.PROTO.contentType(stream));
  }

  private void unary(
      Exchange exchange,
      Codec codec,
      Method<C> method,
      Method.Unary<C> handler,
      Map<String, String> headers,
      BiFunction<Exchange, CallTimes, C> context)
      throws InterruptedException {
    try {
      check(exchange, "content-encoding");
      CallTimes times = CallTimes.of(exchange);
      Message answer =
          CallDeadline.within(
              times.timeout(),
              () -> {
                C known = context.apply(exchange, times);
                return handler.answer(known, read(codec, method.request(), whole(exchange)));
              });
      exchange.send(with(headers, Reply.of(200, codec.contentType(false), codec.write(answer))));
    } catch (ConnectException e) {
      exchange.send(with(headers, Reply.json(e.code().status(), e.body())));
    }
  }

  private static Reply with(Map<String, String> headers, Reply reply) {
    Map<String, String> all = new HashMap<>(reply.headers());
    all.putAll(headers);
    return new Reply(reply.status(), all, reply.body());
  }

  private static byte[] whole(Exchange exchange) throws InterruptedException {
    try {
      return exchange.body(MOST);
    } catch (HttpFailure e) {
      if (e.reply().status() == TOO_LARGE) {
        throw Frames.tooLarge(MOST);
      }
      throw e;
    }
  }

  private void serverStream(
      Exchange exchange,
      Codec codec,
      Method<C> method,
      Method.ServerStream<C> handler,
      Map<String, String> headers,
      BiFunction<Exchange, CallTimes, C> context)
      throws InterruptedException {
    StreamOut out = new StreamOut(exchange, codec, headers);
    try {
      check(exchange, "connect-content-encoding");
      C known = context.apply(exchange, CallTimes.of(exchange));
      handler.answer(known, only(frames(exchange), codec, method.request()), out);
      out.end();
    } catch (ConnectException e) {
      out.fail(e);
    }
  }

  private static Message only(Frames frames, Codec codec, Schema schema)
      throws InterruptedException {
    byte[] message =
        frames
            .next()
            .orElseThrow(() ->
                new ConnectException(
                    ConnectCode.INVALID_ARGUMENT, "malformed stream: there is no message"));
    if (frames.next().isPresent()) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT, "malformed stream: there is more than one message");
    }
    return read(codec, schema, message);
  }

  private void clientStream(
      Exchange exchange,
      Codec codec,
      Method<C> method,
      Method.ClientStream<C> handler,
      Map<String, String> headers,
      BiFunction<Exchange, CallTimes, C> context)
      throws InterruptedException {
    StreamOut out = new StreamOut(exchange, codec, headers);
    try {
      check(exchange, "connect-content-encoding");
      C known = context.apply(exchange, CallTimes.of(exchange));
      StreamIn in = new StreamIn(frames(exchange), codec, method.request());
      out.only(handler.answer(known, in));
    } catch (ConnectException e) {
      out.fail(e);
    }
  }

  private static Frames frames(Exchange exchange) {
    return new Frames(exchange.bodyStream(Long.MAX_VALUE), MOST);
  }

  private static void check(Exchange exchange, String encoding) {
    Optional<String> compressed =
        exchange.header(encoding).filter(name -> !name.equalsIgnoreCase("identity"));
    if (compressed.isPresent()) {
      throw new ConnectException(
          ConnectCode.UNIMPLEMENTED,
          "unknown compression \"%s\": supported encodings are identity"
              .formatted(compressed.get()));
    }
    Optional<String> version =
        exchange.header("connect-protocol-version").filter(text -> !text.equals("1"));
    if (version.isPresent()) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT,
          "Connect-Protocol-Version must be \"1\", and is \"%s\"".formatted(version.get()));
    }
  }

  static Message read(Codec codec, Schema schema, byte[] data) {
    try {
      return codec.read(schema, data);
    } catch (MalformedMessageException e) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT, "unmarshal message: " + e.getMessage());
    }
  }
}
