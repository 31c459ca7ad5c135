package dev.dunes.provider.e2b;

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
 * Sandboxes as E2B shows them. Labels are its metadata; what else we have to know of a sandbox is
 * there, too, under names that no label can have.
 */
final class E2bShape {
  /** Labels begin with a letter or digit. */
  private static final String OURS = "_dunes.";

  /** By which a sandbox is found whose making was not answered. */
  static final String MARK = OURS + "mark";

  private static final String DETACHED = OURS + "detached";
  private static final String DIRECTORY = OURS + "directory";
  private static final String LIFETIME = OURS + "lifetime";

  private E2bShape() {}

  static Map<String, String> metadata(SandboxSpec spec, String mark) {
    Map<String, String> metadata = new LinkedHashMap<>(spec.labels());
    metadata.put(MARK, mark);
    metadata.put(LIFETIME, spec.lifetime().toString());
    if (spec.detached()) {
      metadata.put(DETACHED, "true");
    }
    spec.workingDir().ifPresent(path -> metadata.put(DIRECTORY, path));
    return metadata;
  }

  static Map<String, String> metadata(JsonNode shown) {
    Map<String, String> metadata = new LinkedHashMap<>();
    shown
        .path("metadata")
        .properties()
        .forEach(each -> metadata.put(each.getKey(), each.getValue().asString("")));
    return metadata;
  }

  private static Map<String, String> labels(Map<String, String> metadata) {
    Map<String, String> labels = new LinkedHashMap<>(metadata);
    labels.keySet().removeIf(name -> name.startsWith(OURS));
    return labels;
  }

  /** An entry of a list, or the details of one. */
  static SandboxInfo info(JsonNode shown) {
    return new SandboxInfo(
        shown.path("sandboxID").asString(""),
        E2bSandboxProviderFactory.NAME,
        shown.path("state").asString("").equals("paused")
            ? SandboxState.STOPPED
            : SandboxState.RUNNING,
        labels(metadata(shown)),
        time(shown, "startedAt"),
        time(shown, "endAt"),
        IsolationTier.MICROVM,
        Map.of(
            "template", shown.path("templateID").asString(""),
            "envd", shown.path("envdVersion").asString("")));
  }

  /** One that was made just now. */
  static SandboxInfo made(JsonNode answer, SandboxSpec spec) {
    Instant now = Instant.now();
    return new SandboxInfo(
        answer.path("sandboxID").asString(""),
        E2bSandboxProviderFactory.NAME,
        SandboxState.RUNNING,
        spec.labels(),
        Optional.of(now),
        Optional.of(now.plus(spec.lifetime())),
        IsolationTier.MICROVM,
        Map.of("template", answer.path("templateID").asString("")));
  }

  /** As far as it was kept. */
  static SandboxSpec spec(JsonNode shown) {
    Map<String, String> metadata = metadata(shown);
    SandboxSpec.Builder spec =
        SandboxSpec.builder().detached("true".equals(metadata.get(DETACHED)));
    labels(metadata).forEach(spec::label);
    Optional.ofNullable(metadata.get(DIRECTORY))
        .filter(path -> path.startsWith("/"))
        .ifPresent(spec::workingDir);
    Optional.ofNullable(metadata.get(LIFETIME))
        .flatMap(E2bShape::lifetime)
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

  private static Optional<Instant> time(JsonNode shown, String name) {
    try {
      return Optional.of(OffsetDateTime.parse(shown.path(name).asString("")).toInstant());
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }
}
