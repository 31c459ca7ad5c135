package dev.dunes.agent.claude;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.PermissionPolicy;
import java.util.List;
import java.util.Optional;

/** The modes, models and variants of Claude Code, and what they are in its own words. */
final class ClaudeModes {
  static final List<AgentMode> ALL =
      List.of(
          new AgentMode("build", "Build", "Default build mode"),
          new AgentMode("plan", "Plan", "Plan mode (prompt-only)"));

  private static final List<String> EFFORTS = List.of("low", "medium", "high", "xhigh", "max");

  /** It takes these names, and the gateway says what they are. */
  static final AgentModels MODELS =
      new AgentModels(
          List.of(model("sonnet", "Sonnet"), model("opus", "Opus"), model("haiku", "Haiku")),
          Optional.empty());

  private ClaudeModes() {}

  private static AgentModels.Model model(String id, String name) {
    return new AgentModels.Model(id, Optional.of(name), EFFORTS, Optional.empty());
  }

  /**
   * Whether it plans from the start.
   *
   * @throws AgentException {@code mode_not_supported}, {@code model_not_supported}
   */
  static boolean plans(AgentOptions options) {
    options.variant().ifPresent(ClaudeModes::checkVariant);
    return options.mode().map(ClaudeModes::isPlan).orElse(false);
  }

  private static boolean isPlan(String mode) {
    return switch (mode) {
      case "build" -> false;
      case "plan" -> true;
      default ->
          throw new AgentException(
              "mode_not_supported",
              "Claude Code has no mode '%s'".formatted(mode),
              "use build or plan",
              null);
    };
  }

  private static void checkVariant(String variant) {
    if (!EFFORTS.contains(variant)) {
      throw new AgentException(
          "model_not_supported",
          "Claude Code has no variant '%s'".formatted(variant),
          "use one of " + String.join(", ", EFFORTS),
          null);
    }
  }

  /** What a mode is to a process that was started with this policy. */
  static String permissionMode(String mode, PermissionPolicy policy) {
    if (isPlan(mode)) {
      return "plan";
    }
    return switch (policy) {
      case ALLOW -> "bypassPermissions";
      case ASK -> "default";
      case READ_ONLY ->
          throw new AgentException(
              "mode_not_supported",
              "this session may only look",
              "start one with another permission mode",
              null);
    };
  }

  /** A process keeps the variant that it was started with. */
  static void refuseVariant(Optional<String> variant) {
    if (variant.isPresent()) {
      throw new AgentException(
          "model_not_supported",
          "Claude Code cannot change its variant while it runs",
          "start a session with variant '%s'".formatted(variant.get()),
          null);
    }
  }
}
