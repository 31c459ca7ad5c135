package dev.dunes.provider.vercel;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Sandboxes as Vercel shows them. It keeps five tags of a sandbox: up to four are labels, and one
 * has all that we have to know beside them.
 */
final class VercelShape {
  /** Of labels. */
  static final int MOST_LABELS = 4;

  static final int LONGEST_TAG = 256;

  /** {@code DEADLINE,LIFETIME,DETACHED,DIRECTORY}: milliseconds, milliseconds, 0 or 1, a path. */
  static final String OURS = "dunes";

  private static final Pattern FACTS = Pattern.compile("([0-9]{1,18}),([0-9]{1,18}),([01]),(.*)");
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./-]{0,62}");

  private VercelShape() {}

  /**
   * What is in our tag.
   *
   * @param deadline when it ends
   * @param lifetime how long it was to live
   * @param detached whether it outlives who made it
   * @param directory where commands run, or nothing
   */
  record Facts(Instant deadline, Duration lifetime, boolean detached, String directory) {
    static Facts of(SandboxSpec spec) {
      return new Facts(
          Instant.now().plus(spec.lifetime()),
          spec.lifetime(),
          spec.detached(),
          spec.workingDir().orElse(""));
    }

    static Optional<Facts> of(JsonNode sandbox) {
      Matcher facts = FACTS.matcher(tags(sandbox).getOrDefault(OURS, ""));
      if (!facts.matches()) {
        return Optional.empty();
      }
      try {
        return Optional.of(
            new Facts(
                Instant.ofEpochMilli(Long.parseLong(facts.group(1))),
                Duration.ofMillis(Long.parseLong(facts.group(2))),
                facts.group(3).equals("1"),
                URLDecoder.decode(facts.group(4), StandardCharsets.UTF_8)));
      } catch (IllegalArgumentException e) {
        return Optional.empty(); // whoever wrote it was not us
      }
    }

    Facts until(Instant other) {
      return new Facts(other, lifetime, detached, directory);
    }

    String tag() {
      return "%d,%d,%d,%s"
          .formatted(
              deadline.toEpochMilli(),
              lifetime.toMillis(),
              detached ? 1 : 0,
              VercelApi.encode(directory));
    }
  }

  /** All of them, ours included. */
  static Map<String, String> tags(JsonNode sandbox) {
    Map<String, String> tags = new LinkedHashMap<>();
    sandbox
        .path("tags")
        .properties()
        .forEach(each -> tags.put(each.getKey(), each.getValue().asString("")));
    return tags;
  }

  static SandboxInfo info(JsonNode sandbox) {
    Map<String, String> labels = tags(sandbox);
    labels.remove(OURS);
    return new SandboxInfo(
        sandbox.path("name").asString(""),
        VercelSandboxProviderFactory.NAME,
        state(sandbox),
        labels,
        Optional.of(sandbox.path("createdAt").asLong(0))
            .filter(millis -> millis > 0)
            .map(Instant::ofEpochMilli),
        Facts.of(sandbox).map(Facts::deadline),
        IsolationTier.MICROVM,
        Map.of("session", session(sandbox), "region", sandbox.path("region").asString("")));
  }

  static String session(JsonNode sandbox) {
    return sandbox.path("currentSessionId").asString("");
  }

  /** The id of what was saved. */
  static String snapshot(JsonNode saved) {
    return saved.path("id").asString("");
  }

  static boolean persistent(JsonNode sandbox) {
    return sandbox.path("persistent").asBoolean(false);
  }

  /** Of one that keeps nothing, the end of its machine is its own end. */
  static SandboxState state(JsonNode sandbox) {
    return switch (sandbox.path("status").asString("")) {
      case "pending" -> SandboxState.CREATING;
      case "running" -> SandboxState.RUNNING;
      case "stopping", "snapshotting" -> SandboxState.STOPPING;
      case "stopped" -> persistent(sandbox) ? SandboxState.STOPPED : SandboxState.TERMINATED;
      default -> SandboxState.ERROR;
    };
  }

  static boolean over(JsonNode sandbox) {
    return state(sandbox) == SandboxState.TERMINATED
        || Facts.of(sandbox).filter(facts -> Instant.now().isAfter(facts.deadline())).isPresent();
  }

  /** As far as it was kept. */
  static SandboxSpec spec(JsonNode sandbox) {
    SandboxSpec.Builder spec = SandboxSpec.builder();
    info(sandbox).labels().entrySet().stream()
        .filter(VercelShape::possible)
        .forEach(each -> spec.label(each.getKey(), each.getValue()));
    Facts.of(sandbox)
        .ifPresent(facts -> {
          spec.detached(facts.detached());
          if (facts.directory().startsWith("/")) {
            spec.workingDir(facts.directory());
          }
          if (facts.lifetime().toSeconds() >= 1 && facts.lifetime().toDays() < 365) {
            spec.lifetime(facts.lifetime());
          }
        });
    return spec.build();
  }

  /** Whoever has the same account may have given it tags that are no labels here. */
  private static boolean possible(Map.Entry<String, String> label) {
    return NAME.matcher(label.getKey()).matches()
        && label.getValue().length() <= LONGEST_TAG
        && label.getValue().chars().noneMatch(Character::isISOControl);
  }
}
