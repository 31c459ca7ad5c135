package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Sandboxes as Daytona shows them; what is kept beside labels is as {@link VendorLabels} says. */
final class DaytonaShape {
  private DaytonaShape() {}

  /** Daytona counts lifetimes in minutes; the label is exact. */
  static Map<String, String> labels(SandboxSpec spec, String mark) {
    Map<String, String> labels =
        VendorLabels.until(VendorLabels.of(spec), Instant.now().plus(spec.lifetime()));
    labels.put(VendorLabels.MARK, mark);
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
    return new SandboxInfo(
        shown.path("id").asString(""),
        DaytonaSandboxProviderFactory.NAME,
        state(shown),
        VendorLabels.shown(all),
        VendorLabels.time(shown.path("createdAt").asString("")),
        VendorLabels.deadline(all),
        IsolationTier.NAMESPACE,
        Map.of("target", shown.path("target").asString("")));
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
}
