package dev.dunes.session;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * What {@code limits.yaml} allows. What it does not say is empty, so that each provider's own
 * default holds. Query API 2.12.
 *
 * @param fromFile whether there is a file at all
 * @param maxConcurrentAgents runs at the same time
 * @param cpus processor cores of a sandbox
 * @param memoryBytes of a sandbox
 * @param sessionTimeoutSeconds bounds every run
 * @param dockerImage what Docker sandboxes are made from
 * @param networkMode of Docker sandboxes
 * @param autoCleanup whether sandboxes are destroyed at the end
 * @param pids processes of a sandbox
 * @param queueTimeoutSeconds how long a run waits for a place before it is refused
 * @param maxTimeoutSeconds bounds the timeout a request may ask for
 */
public record Limits(
    boolean fromFile,
    OptionalInt maxConcurrentAgents,
    OptionalDouble cpus,
    OptionalLong memoryBytes,
    OptionalInt sessionTimeoutSeconds,
    Optional<String> dockerImage,
    Optional<String> networkMode,
    boolean autoCleanup,
    OptionalInt pids,
    int queueTimeoutSeconds,
    int maxTimeoutSeconds) {
  /** There is no file. */
  public static final Limits NONE =
      new Limits(
          false,
          OptionalInt.empty(),
          OptionalDouble.empty(),
          OptionalLong.empty(),
          OptionalInt.empty(),
          Optional.empty(),
          Optional.empty(),
          true,
          OptionalInt.empty(),
          0,
          3600);

  private static final Logger LOG = LoggerFactory.getLogger(Limits.class);
  private static final Pattern SIZE =
      Pattern.compile("(\\d+(?:\\.\\d+)?)\\s*([bkmg]?)b?", Pattern.CASE_INSENSITIVE);

  /** Made when there is a file: it takes longer than most of a server's start. */
  private static final class Yaml {
    static final YAMLMapper MAPPER = YAMLMapper.builder().build();
  }

  /**
   * Reads a file's text. Unknown keys are warned about.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  static Limits parse(byte[] yaml) {
    JsonNode root;
    try {
      root = Yaml.MAPPER.readTree(yaml);
    } catch (JacksonException e) {
      throw new IllegalArgumentException("no valid YAML: " + e.getOriginalMessage(), e);
    }
    if (root == null || root.isMissingNode() || root.isNull()) {
      root = Json.object();
    }
    if (!root.isObject()) {
      throw new IllegalArgumentException("not a mapping of names to values");
    }
    Map<String, JsonNode> left = new LinkedHashMap<>();
    root.properties().forEach(entry -> left.put(entry.getKey(), entry.getValue()));
    LimitsReader read = new LimitsReader(left);
    Limits limits =
        new Limits(
            true,
            OptionalInt.of(read.integer("max_concurrent_agents", 1, 1_000_000).orElse(5)),
            read.decimal("cpu_limit"),
            read.size("memory_limit", SIZE),
            OptionalInt.of(read.integer("session_timeout_seconds", 1, 86_400).orElse(600)),
            read.text("docker_image"),
            read.text("network_mode"),
            read.flag("auto_cleanup", true),
            read.integer("pids_limit", 4, 4_000_000),
            read.integer("queue_timeout_seconds", 0, 3600).orElse(0),
            read.integer("max_timeout_seconds", 5, 3600).orElse(3600));
    left.keySet().forEach(key -> LOG.warn("limits.yaml: unknown key '{}' is ignored", key));
    return limits;
  }

  /** In bytes, of {@code 512m}, {@code 4gb}, {@code 1000}. */
  static long bytes(Matcher size) {
    long unit =
        switch (size.group(2).toLowerCase(java.util.Locale.ROOT)) {
          case "k" -> 1L << 10;
          case "m" -> 1L << 20;
          case "g" -> 1L << 30;
          default -> 1L;
        };
    return (long) (Double.parseDouble(size.group(1)) * unit);
  }
}
