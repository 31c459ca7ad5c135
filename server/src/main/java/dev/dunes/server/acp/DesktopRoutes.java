package dev.dunes.server.acp;

import dev.dunes.sandbox.Command;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** There is no desktop; clients are told so in words they know. ACP, sheet 2.12. */
final class DesktopRoutes {
  private static final List<String> NEEDED =
      List.of("Xvfb", "openbox", "xdotool", "import", "xrandr");
  private static final String INSTALL =
      "apt-get install -y xvfb openbox xdotool imagemagick x11-xserver-utils";

  private static final List<String> GETS =
      List.of(
          "display/info",
          "screenshot",
          "screenshot/region",
          "mouse/position",
          "windows",
          "windows/focused",
          "clipboard",
          "stream/status",
          "recordings",
          "recordings/{id}",
          "recordings/{id}/download",
          "stream/signaling");
  private static final List<String> POSTS =
      List.of(
          "start",
          "stop",
          "mouse/move",
          "mouse/click",
          "mouse/down",
          "mouse/up",
          "mouse/drag",
          "mouse/scroll",
          "keyboard/type",
          "keyboard/press",
          "keyboard/down",
          "keyboard/up",
          "windows/{id}/focus",
          "windows/{id}/move",
          "windows/{id}/resize",
          "clipboard",
          "launch",
          "open",
          "recording/start",
          "recording/stop",
          "stream/start",
          "stream/stop");

  private final Workplace workplace;

  DesktopRoutes(Workplace workplace) {
    this.workplace = workplace;
  }

  List<Route> routes() {
    return Stream.of(
            Stream.of(Route.of("GET", "/v1/desktop/status", this::status)),
            GETS.stream().map(path -> Route.of("GET", "/v1/desktop/" + path, this::refuse)),
            POSTS.stream().map(path -> Route.of("POST", "/v1/desktop/" + path, this::refuse)),
            Stream.of(Route.of("DELETE", "/v1/desktop/recordings/{id}", this::refuse)))
        .flatMap(routes -> routes)
        .toList();
  }

  /** The programs of a desktop that the workspace does not have. */
  private List<String> missing() {
    String found =
        workplace
            .sandbox()
            .exec(
                Command.shellBuilder("command -v " + String.join(" ", NEEDED) + "; true")
                    .timeout(Duration.ofSeconds(10))
                    .outputLimit(64 << 10)
                    .build())
            .stdout();
    List<String> names =
        found.lines().map(line -> line.substring(line.lastIndexOf('/') + 1)).toList();
    return NEEDED.stream().filter(name -> !names.contains(name)).toList();
  }

  private static String why(List<String> missing) {
    return missing.isEmpty()
        ? "This server starts no desktops; use processes and files."
        : "Desktop dependencies are not installed: " + String.join(", ", missing) + ".";
  }

  private void status(Exchange exchange) throws InterruptedException {
    List<String> missing = missing();
    ObjectNode answer =
        Json.object().put("state", missing.isEmpty() ? "failed" : "install_required");
    answer
        .putObject("lastError")
        .put("code", ProblemType.DESKTOP_DEPENDENCIES_MISSING.wireName())
        .put("message", why(missing));
    ArrayNode names = answer.putArray("missingDependencies");
    missing.forEach(names::add);
    answer.put("installCommand", INSTALL);
    answer.putArray("processes");
    exchange.send(Reply.json(200, answer));
  }

  private void refuse(Exchange exchange) throws InterruptedException {
    List<String> missing = missing();
    throw Problem.of(ProblemType.DESKTOP_DEPENDENCIES_MISSING, why(missing))
        .with("code", ProblemType.DESKTOP_DEPENDENCIES_MISSING.wireName())
        .with("installCommand", INSTALL)
        .with("missingDependencies", missing)
        .failure();
  }
}
