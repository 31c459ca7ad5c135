package dev.dunes.server.e2b;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import tools.jackson.databind.node.ObjectNode;

/** What is said when there is nobody at a port of a sandbox. E2B wire 2.5 and 4.5. */
public final class Gone {
  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en"><meta charset="utf-8"><title>%d</title>
      <h1>%s</h1><p>Sandbox <code>%s</code></p></html>
      """;

  private Gone() {}

  /**
   * The sandbox is not there, or paused. Clients compare the message as it is, so that the reason
   * has a field of its own.
   *
   * @param why such as {@code paused}
   */
  static Reply reply(Exchange exchange, String sandbox, String why) {
    String message = "The sandbox was not found";
    return reply(
        exchange,
        502,
        "%s (%s)".formatted(message, why),
        sandbox,
        json(sandbox, message).put("reason", why));
  }

  /** The sandbox has as many connections as it may. */
  public static Reply tooMany(String sandbox, int limit) {
    return Reply.json(
        429,
        Json.object()
            .put("sandboxId", sandbox)
            .put("message", "too many connections to the sandbox at a time")
            .put("connectionLimit", limit)
            .put("code", 429));
  }

  /**
   * The ports of the sandbox need a token.
   *
   * @param why what is wrong with the one that was shown
   */
  public static Reply forbidden(Exchange exchange, String sandbox, String why) {
    String message =
        "Access to the sandbox needs its traffic token, which is %s: send the header e2b-traffic-access-token"
            .formatted(why);
    return reply(exchange, 403, message, sandbox, json(sandbox, message).put("code", 403));
  }

  /** The sandbox is paused, and wakes only for who may use it. */
  public static Reply notWoken(Exchange exchange, String sandbox) {
    String message =
        "This sandbox can't be resumed with the credentials provided. Check your access token and try again.";
    return reply(exchange, 403, message, sandbox, json(sandbox, message).put("code", 403));
  }

  /** Nobody listens at a port of the sandbox. */
  public static Reply closedPort(Exchange exchange, String sandbox, int port) {
    String message = "The sandbox is running but port is not open";
    ObjectNode json = json(sandbox, message);
    json.remove("code");
    return reply(exchange, 502, message, sandbox, json.put("port", port).put("code", 502));
  }

  /** A program listens, and does not speak TLS although it was said to. */
  public static Reply noTls(Exchange exchange, String sandbox, int port) {
    String message =
        "The program at the port does not speak TLS: make the sandbox without %d in network.httpsPorts"
            .formatted(port);
    ObjectNode json = json(sandbox, message);
    json.remove("code");
    return reply(exchange, 502, message, sandbox, json.put("port", port).put("code", 502));
  }

  private static ObjectNode json(String sandbox, String message) {
    return Json.object().put("sandboxId", sandbox).put("message", message).put("code", 502);
  }

  /** People get a page; ids consist of letters and digits, messages are ours. */
  private static Reply reply(
      Exchange exchange, int status, String message, String sandbox, ObjectNode json) {
    return exchange.header("sec-fetch-mode").filter("navigate"::equals).isPresent()
        ? Reply.text(status, "text/html; charset=utf-8", PAGE.formatted(status, message, sandbox))
        : Reply.json(status, json);
  }
}
