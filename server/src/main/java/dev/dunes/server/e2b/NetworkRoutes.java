package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.EgressRules;
import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.Hosting;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxNetwork;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.List;
import java.util.Optional;

/** Rules for the network of a sandbox that is there. E2B wire 2.3. */
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
    Optional<EgressRules> rules =
        SandboxNetwork.egress(body, body.flag("allow_internet_access", true));
    if (rules.isPresent() || sandbox.egress().isPresent()) {
      hosting.setEgress(account, sandbox.id(), rules.orElseGet(hosting::usualEgress));
    }
    return Reply.empty(204);
  }
}
