package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxNetwork;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.List;

/**
 * Rules for the network of a sandbox that is there. E2B wire 2.3. A sandbox that was made with no
 * way out keeps it that way; one that was not cannot be cut off later.
 */
final class NetworkRoutes {
  private final Hosting hosting;

  NetworkRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    return List.of(gate.route("PUT", "/sandboxes/{id}/network", this::change));
  }

  private Reply change(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    HostedSandbox sandbox = hosting.get(account, SandboxRoutes.id(exchange));
    boolean less =
        !SandboxNetwork.egress(body).isEmpty() || !body.flag("allow_internet_access", true);
    if (less && !sandbox.offline()) {
      throw Failures.invalid(
          "access cannot be taken from a sandbox that is there; make one with \"allow_internet_access\": false");
    }
    return Reply.empty(204);
  }
}
