package dev.dunes.provider.daytona;

import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Sandboxes as Daytona shows them. What we have to know of one beside its labels is in labels under
 * names that no label of ours can have.
 */
final class DaytonaShape {
  /** Labels begin with a letter or digit. */
  private static final String OURS = "_dunes.";

  static final String MARK = OURS + "mark";

  /** Daytona counts lifetimes in minutes; this is exact. */
  static final String DEADLINE = OURS + "deadline";

  private static final String DETACHED = OURS + "detached";
  private static final String DIRECTORY = OURS + "directory";
  private static final String LIFETIME = OURS + "lifetime";

  private DaytonaShape() {}

  static Map<String, String> labels(SandboxSpec spec, String mark) {
    Map<String, String> labels = new LinkedHashMap<>(spec.labels());
    labels.put(MARK, mark);
    labels.put(LIFETIME, spec.lifetime().toString());
    labels.put(DEADLINE, Instant.now().plus(spec.lifetime()).toString());
    if (spec.detached()) {
      labels.put(DETACHED, "true");
    }
    spec.workingDir().ifPresent(path -> labels.put(DIRECTORY, path));
    return labels;
  }

  /** All of them, ours included. */
  static Map<String, String> labels(JsonNode shown) {
    Map<String, String> labels = new LinkedHashMap<>();
    shown
        .path("labels")
        .properties()
        .forEach(each -> labels.put(each.getKey(), each.getValue().asString("")));
    return labels;
  }

  static SandboxInfo info(JsonNode shown) {
    Map<String, String> all = labels(shown);
    Map<String, String> labels = new LinkedHashMap<>(all);
    labels.keySet().removeIf(name -> name.startsWith(OURS));
    return new SandboxInfo(
        shown.path("id").asString(""),
        DaytonaSandboxProviderFactory.NAME,
        state(shown),
        labels,
        time(shown.path("createdAt").asString("")),
        time(all.getOrDefault(DEADLINE, "")),
        IsolationTier.NAMESPACE,
        Map.of("target", shown.path("target").asString("")));
  }

  static boolean expired(SandboxInfo info) {
    return info.deadline().filter(deadline -> Instant.now().isAfter(deadline)).isPresent();
  }

  static SandboxState state(JsonNode shown) {
    return switch (shown.path("state").asString("unknown")) {
      case "creating",
          "pending_build",
          "building_snapshot",
          "pulling_snapshot",
          "restoring",
          "forking" ->
          SandboxState.CREATING;
      case "starting", "resuming" -> SandboxState.STARTING;
      case "started", "resizing", "snapshotting" -> SandboxState.RUNNING;
      case "stopping", "pausing", "archiving" -> SandboxState.STOPPING;
      case "stopped", "paused", "archived" -> SandboxState.STOPPED;
      case "destroying", "destroyed" -> SandboxState.TERMINATED;
      default -> SandboxState.ERROR;
    };
  }

  /** As far as it was kept. */
  static SandboxSpec spec(JsonNode shown) {
    Map<String, String> all = labels(shown);
    SandboxSpec.Builder spec = SandboxSpec.builder().detached("true".equals(all.get(DETACHED)));
    info(shown).labels().forEach(spec::label);
    Optional.ofNullable(all.get(DIRECTORY))
        .filter(path -> path.startsWith("/"))
        .ifPresent(spec::workingDir);
    Optional.ofNullable(all.get(LIFETIME))
        .flatMap(DaytonaShape::lifetime)
        .ifPresent(spec::lifetime);
    return spec.build();
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
