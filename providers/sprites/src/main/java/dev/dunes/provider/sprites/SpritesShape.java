package dev.dunes.provider.sprites;

import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * Sandboxes as Sprites shows them. Labels are a list of {@code NAME=VALUE} there. What is kept
 * beside them is as {@link VendorLabels} says; the deadline, too, for Sprites has no lifetimes.
 */
final class SpritesShape {
  private SpritesShape() {}

  static List<String> labels(SandboxSpec spec) {
    return list(VendorLabels.until(VendorLabels.of(spec), Instant.now().plus(spec.lifetime())));
  }

  /** The same labels with another deadline. */
  static List<String> labelsUntil(JsonNode shown, Instant deadline) {
    return list(VendorLabels.until(labels(shown), deadline));
  }

  private static List<String> list(Map<String, String> labels) {
    return labels.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).toList();
  }

  /** All of them, ours included. One without a value is somebody else's. */
  static Map<String, String> labels(JsonNode shown) {
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
    return new SandboxInfo(
        shown.path("name").asString(""),
        SpritesSandboxProviderFactory.NAME,
        state(shown),
        VendorLabels.shown(all),
        VendorLabels.time(shown.path("created_at").asString("")),
        VendorLabels.deadline(all),
        IsolationTier.MICROVM,
        Map.of("status", shown.path("status").asString(""), "url", shown.path("url").asString("")));
  }

  /** One that is asleep wakes up when something is asked of it. */
  private static SandboxState state(JsonNode shown) {
    return switch (shown.path("status").asString("")) {
      case "error", "failed" -> SandboxState.ERROR;
      case "destroying", "destroyed", "deleted" -> SandboxState.TERMINATED;
      default -> SandboxState.RUNNING;
    };
  }
}
