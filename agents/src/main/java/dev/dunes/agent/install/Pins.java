package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which version of each agent is installed: {@code pins.json} beside this class. A package may have
 * an {@code agent} of its own, where that version was not published for its platform, and a {@code
 * program} of its own, where that lies elsewhere in it.
 */
public final class Pins {
  private static final String FILE = "pins.json";

  private Pins() {}

  /** The pin of an agent that has one. */
  public static Pin of(String agent) {
    return of(agent, Platform.known());
  }

  static Pin of(String agent, Optional<String> platform) {
    JsonNode pin = requireNonNull(file().get(agent), agent);
    Map<String, PinnedPackage> packages = new LinkedHashMap<>();
    pin.get("packages")
        .forEachEntry((place, each) ->
            packages.put(
                place,
                new PinnedPackage(
                    each.get("name").asString(),
                    each.get("version").asString(),
                    Integrity.parse(each.get("integrity").asString()))));
    String version = pin.get("version").asString();
    String answers = pin.get("answers").asString();
    Optional<String> other =
        platform.map(each -> pin.get("packages").path(each).get("agent")).map(JsonNode::asString);
    return new Pin(
        agent,
        other.orElse(version),
        pin.get("licence").asString(),
        platform
            .map(each -> pin.get("packages").path(each).get("program"))
            .orElse(pin.get("program"))
            .asString(),
        other.map(each -> answers.replace(version, each)).orElse(answers),
        packages);
  }

  private static JsonNode file() {
    try (InputStream in = requireNonNull(Pins.class.getResourceAsStream(FILE), FILE)) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
