package dev.dunes.server.e2b;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.Volume;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.SandboxJson;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Volumes from their making to their end. E2B wire 2.4. */
final class VolumeRoutes {
  private final Hosting hosting;
  private final SandboxJson json;

  VolumeRoutes(Hosting hosting, SandboxJson json) {
    this.hosting = hosting;
    this.json = json;
  }

  List<Route> routes(Gate gate) {
    return List.of(
        gate.route("POST", "/volumes", this::create),
        gate.route("GET", "/volumes", this::list),
        gate.route("GET", "/volumes/{id}", this::get),
        gate.route("DELETE", "/volumes/{id}", this::delete));
  }

  private Reply create(Exchange exchange, Account account) throws InterruptedException {
    String name = Body.of(exchange).required("name");
    return Reply.json(201, withToken(exchange, hosting.volumes().create(account, name)));
  }

  private Reply list(Exchange exchange, Account account) {
    ArrayNode rows = Json.MAPPER.createArrayNode();
    hosting.volumes().list(account).forEach(volume -> rows.add(row(volume)));
    return Reply.json(200, rows);
  }

  private Reply get(Exchange exchange, Account account) {
    return Reply.json(
        200, withToken(exchange, hosting.volumes().get(account, exchange.parameter("id"))));
  }

  private Reply delete(Exchange exchange, Account account) {
    hosting.volumes().delete(account, exchange.parameter("id"));
    return Reply.empty(204);
  }

  private static ObjectNode row(Volume volume) {
    return Json.object().put("volumeID", volume.id()).put("name", volume.name());
  }

  private ObjectNode withToken(Exchange exchange, Volume volume) {
    ObjectNode shown = row(volume).put("token", volume.token()).put("sizeMB", volume.sizeMb());
    json.domain(exchange).ifPresent(domain -> shown.put("domain", domain));
    return shown;
  }
}
