package dev.dunes.provider.e2b;

import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Sandboxes as E2B shows them. Labels are its metadata; what is kept beside them is as {@link
 * VendorLabels} says.
 */
final class E2bShape {
  private E2bShape() {}

  static Map<String, String> metadata(SandboxSpec spec, String mark) {
    Map<String, String> metadata = VendorLabels.of(spec);
    metadata.put(VendorLabels.MARK, mark);
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

  /** An entry of a list, or the details of one. */
  static SandboxInfo info(JsonNode shown) {
    return new SandboxInfo(
        shown.path("sandboxID").asString(""),
        E2bSandboxProviderFactory.NAME,
        shown.path("state").asString("").equals("paused")
            ? SandboxState.STOPPED
            : SandboxState.RUNNING,
        VendorLabels.shown(metadata(shown)),
        VendorLabels.time(shown.path("startedAt").asString("")),
        VendorLabels.time(shown.path("endAt").asString("")),
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
}
