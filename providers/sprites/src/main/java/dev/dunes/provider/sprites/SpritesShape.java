package dev.dunes.provider.sprites;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * Sandboxes as Sprites shows them. Labels are a list of {@code NAME=VALUE} there. What we have to
 * know of one beside them is in labels under names that no label of ours can have.
 */
final class SpritesShape {
  /** Labels begin with a letter or digit. */
  private static final String OURS = "_dunes.";

  /** Sprites has no lifetimes: whoever looks at one after this moment ends it. */
  private static final String DEADLINE = OURS + "deadline";

  private static final String DETACHED = OURS + "detached";
  private static final String DIRECTORY = OURS + "directory";
  private static final String LIFETIME = OURS + "lifetime";

  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_./-]{0,62}");
  private static final int LONGEST_VALUE = 256;

  private SpritesShape() {}

  static List<String> labels(SandboxSpec spec) {
    Map<String, String> labels = new LinkedHashMap<>(spec.labels());
    labels.put(LIFETIME, spec.lifetime().toString());
    labels.put(DEADLINE, Instant.now().plus(spec.lifetime()).toString());
    if (spec.detached()) {
      labels.put(DETACHED, "true");
    }
    spec.workingDir().ifPresent(path -> labels.put(DIRECTORY, path));
    return list(labels);
  }

  /** The same labels with another deadline. */
  static List<String> labelsUntil(JsonNode shown, Instant deadline) {
    Map<String, String> labels = labels(shown);
    labels.put(DEADLINE, deadline.toString());
    return list(labels);
  }

  private static List<String> list(Map<String, String> labels) {
    return labels.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
  }

  /** All of them, ours included. One without a value is somebody else's. */
  private static Map<String, String> labels(JsonNode shown) {
    Map<String, String> labels = new LinkedHashMap<>();
    for (JsonNode each : shown.path("labels")) {
      String text = each.asString("");
      int equals = text.indexOf('=');
      if (equals > 0) {
        labels.put(text.substring(0, equals), text.substring(equals + 1));
      } else if (!text.isEmpty()) {
        labels.put(text, "");
      }
    }
    return labels;
  }

  static SandboxInfo info(JsonNode shown) {
    Map<String, String> all = labels(shown);
    Map<String, String> labels = new LinkedHashMap<>(all);
    labels.keySet().removeIf(name -> name.startsWith(OURS));
    return new SandboxInfo(
        shown.path("name").asString(""),
        SpritesSandboxProviderFactory.NAME,
        state(shown),
        labels,
        time(shown.path("created_at").asString("")),
        time(all.getOrDefault(DEADLINE, "")),
        IsolationTier.MICROVM,
        Map.of("status", shown.path("status").asString(""), "url", shown.path("url").asString("")));
  }

  static boolean expired(SandboxInfo info) {
    return info.deadline().filter(deadline -> Instant.now().isAfter(deadline)).isPresent();
  }

  /** One that is asleep wakes up when something is asked of it. */
  private static SandboxState state(JsonNode shown) {
    return switch (shown.path("status").asString("")) {
      case "error", "failed" -> SandboxState.ERROR;
      case "destroying", "destroyed", "deleted" -> SandboxState.TERMINATED;
      default -> SandboxState.RUNNING;
    };
  }

  /** As far as it was kept. */
  static SandboxSpec spec(JsonNode shown) {
    Map<String, String> all = labels(shown);
    SandboxSpec.Builder spec = SandboxSpec.builder().detached("true".equals(all.get(DETACHED)));
    info(shown).labels().entrySet().stream()
        .filter(SpritesShape::possible)
        .forEach(each -> spec.label(each.getKey(), each.getValue()));
    Optional.ofNullable(all.get(DIRECTORY))
        .filter(path -> path.startsWith("/"))
        .ifPresent(spec::workingDir);
    Optional.ofNullable(all.get(LIFETIME))
        .flatMap(SpritesShape::lifetime)
        .ifPresent(spec::lifetime);
    return spec.build();
  }

  /** Whoever has the same account may have given it labels that are none here. */
  private static boolean possible(Map.Entry<String, String> label) {
    return NAME.matcher(label.getKey()).matches()
        && label.getValue().length() <= LONGEST_VALUE
        && label.getValue().chars().noneMatch(Character::isISOControl);
  }

  private static Optional<Duration> lifetime(String text) {
    try {
      return Optional.of(Duration.parse(text))
          .filter(each -> each.toSeconds() >= 1 && each.toDays() < 365);
    } catch (DateTimeException e) {
      return Optional.empty(); // whoever wrote it was not us
    }
  }

  private static Optional<Instant> time(String text) {
    try {
      return Optional.of(OffsetDateTime.parse(text).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
