package dev.dunes.server.e2b;

import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.http.Exchange;
import java.util.Optional;

/**
 * Says that a port is not served here.
 *
 * @param what it would be
 */
record UnservedPort(String what) implements SandboxPort {
  @Override
  public void serve(Exchange exchange, PortCall call) throws InterruptedException {
    exchange.send(
        CodeDialect.reply(
            501,
            "port %d is not served: this server does not offer %s; use /sandboxes/%s/processes and /sandboxes/%s/files"
                .formatted(call.port(), what, call.sandbox().id(), call.sandbox().id()),
            Optional.of("not_served")));
  }
}
