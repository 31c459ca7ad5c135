package dev.dunes.server.e2b;

import dev.dunes.server.http.Exchange;

/** What is served at a port of every sandbox by this server itself, not by a program in it. */
@FunctionalInterface
public interface SandboxPort {
  /**
   * Answers a request through the exchange. It may block: each is called on a virtual thread of its
   * own. Who asks is not known yet: tokens and signatures are checked here.
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
