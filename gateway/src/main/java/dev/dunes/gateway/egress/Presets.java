package dev.dunes.gateway.egress;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Hosts that belong together, under a name; from one file. */
public final class Presets {
  private static final String FILE = "presets.json";
  private static final Map<String, List<String>> ALL = read();

  private Presets() {}

  private static Map<String, List<String>> read() {
    try (InputStream file = Presets.class.getResourceAsStream(FILE)) {
      if (file == null) {
        throw new IllegalStateException(FILE + " is not beside its class");
      }
      JsonNode root = JsonMapper.builder().build().readTree(file.readAllBytes());
      Map<String, List<String>> presets = new TreeMap<>();
      for (Map.Entry<String, JsonNode> preset : root.properties()) {
        List<String> hosts = new ArrayList<>();
        preset.getValue().forEach(host -> hosts.add(host.asString()));
        presets.put(preset.getKey(), List.copyOf(hosts));
      }
      return presets;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of all presets. */
  public static SortedSet<String> names() {
    return new TreeSet<>(ALL.keySet());
  }

  /** The rules one stands for; empty for an unknown name. */
  public static List<String> hosts(String name) {
    return ALL.getOrDefault(name, List.of());
  }
}
