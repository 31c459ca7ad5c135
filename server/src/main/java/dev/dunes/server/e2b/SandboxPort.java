package dev.dunes.server.e2b;

import dev.dunes.server.http.Exchange;

/** What is served at a port of every sandbox by this server itself, not by a program in it. */
@FunctionalInterface
public interface SandboxPort {
  /**
   * Refuses who may not ask, by tokens and signatures. It is asked before {@link #serve}, and while
   * the sandbox may still be paused: none is woken for somebody who is refused.
   *
   * @param exchange the request
   * @param call which sandbox and port it is for
   * @throws dev.dunes.server.http.HttpFailure with the refusal
   */
  default void admit(Exchange exchange, PortCall call) {}

  /**
   * Answers a request that was let in through the exchange. It may block: each is called on a
   * virtual thread of its own.
   *
   * <p>A {@link dev.dunes.hosting.HostingException} that says that the sandbox is gone or paused
   * becomes the answer 502 of E2B wire 2.5, or, once an answer was begun, cuts the connection, as
   * 3.6 wants it. Any exception after that does.
   *
   * @param exchange the request; path, query and headers are as the client sent them
   * @param call which sandbox and port it is for; the sandbox ran when this was called
   */
  void serve(Exchange exchange, PortCall call) throws InterruptedException;
}
