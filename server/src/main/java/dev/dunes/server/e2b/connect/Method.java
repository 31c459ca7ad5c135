package dev.dunes.server.e2b.connect;

/**
 * A method of a service.
 *
 * @param path such as {@code /process.Process/Start}
 * @param request what it is sent
 * @param handler what it does
 * @param <C> what handlers are given besides the message
 */
public record Method<C>(String path, Schema request, Handler<C> handler) {
  /** What a method does. */
  public sealed interface Handler<C> {}

  /** One message in, one out. */
  @FunctionalInterface
  public non-sealed interface Unary<C> extends Handler<C> {
    Message answer(C context, Message request) throws InterruptedException;
  }

  /** One message in, many out. */
  @FunctionalInterface
  public non-sealed interface ServerStream<C> extends Handler<C> {
    void answer(C context, Message request, StreamOut out) throws InterruptedException;
  }

  /** Many messages in, one out. */
  @FunctionalInterface
  public non-sealed interface ClientStream<C> extends Handler<C> {
    Message answer(C context, StreamIn in) throws InterruptedException;
  }

  public static <C> Method<C> unary(String path, Schema request, Unary<C> handler) {
    return new Method<>(path, request, handler);
  }

  public static <C> Method<C> serverStream(String path, Schema request, ServerStream<C> handler) {
    return new Method<>(path, request, handler);
  }

  public static <C> Method<C> clientStream(String path, Schema request, ClientStream<C> handler) {
    return new Method<>(path, request, handler);
  }

  boolean streams() {
    return !(handler instanceof Unary<C>);
  }
}
