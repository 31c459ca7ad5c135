package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Which version of each agent is installed: {@code pins.json} beside this class. */
public final class Pins {
  private static final String FILE = "pins.json";

  private Pins() {}

  /** The pin of an agent that has one. */
  public static Pin of(String agent) {
    JsonNode pin = requireNonNull(file().get(agent), agent);
    Map<String, PinnedPackage> packages = new LinkedHashMap<>();
    pin.get("packages")
        .forEachEntry((platform, each) ->
            packages.put(
                platform,
                new PinnedPackage(
                    each.get("name").asString(),
                    each.get("version").asString(),
                    Integrity.parse(each.get("integrity").asString()))));
    return new Pin(
        agent,
        pin.get("version").asString(),
        pin.get("licence").asString(),
        pin.get("program").asString(),
        pin.get("answers").asString(),
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
