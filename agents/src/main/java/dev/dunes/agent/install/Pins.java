package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Which version of each agent is installed: {@code pins.json} beside this class. A package may have
 * an {@code agent} of its own, where that version was not published for its platform, and a {@code
 * program} of its own, where that lies elsewhere in it. Agents made of JavaScript packages have a
 * {@code locks/<agent>.json}, too.
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
    pin.get("packages").forEachEntry((place, each) -> packages.put(place, source(each)));
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

  /** The Node that runs agents made of JavaScript packages. */
  public static Pin node() {
    return of("node");
  }

  /** The pin of an agent that is made of JavaScript packages. */
  public static JavaScriptPin javaScript(String agent) {
    JsonNode pin = requireNonNull(file().get(agent), agent);
    List<LockedPackage> lock = new ArrayList<>();
    read("locks/" + agent + ".json")
        .forEachEntry((place, each) ->
            lock.add(
                new LockedPackage(place, source(each), words(each, "cpu"), words(each, "libc"))));
    return new JavaScriptPin(
        agent,
        pin.get("version").asString(),
        pin.get("licence").asString(),
        pin.get("program").asString(),
        pin.get("answers").asString(),
        words(pin, "arguments"),
        pin.path("input").asString(""),
        lock);
  }

  private static PinnedPackage source(JsonNode json) {
    return new PinnedPackage(
        json.get("name").asString(),
        json.get("version").asString(),
        Integrity.parse(json.get("integrity").asString()));
  }

  private static List<String> words(JsonNode json, String key) {
    return StreamSupport.stream(json.path(key).spliterator(), false)
        .map(JsonNode::asString)
        .toList();
  }

  private static JsonNode file() {
    return read(FILE);
  }

  private static JsonNode read(String resource) {
    try (InputStream in = requireNonNull(Pins.class.getResourceAsStream(resource), resource)) {
      return JsonMapper.shared().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
