package dev.dunes.agent.codex;

import dev.dunes.agent.AgentModels;
import java.util.List;
import java.util.Optional;

/**
 * The models that Codex 0.169.0 says it knows ({@code model/list}), and how hard they may think.
 */
final class CodexModels {
  /** What Codex takes for {@code effort}. */
  static final List<String> EFFORTS =
      List.of("none", "minimal", "low", "medium", "high", "xhigh", "max", "ultra");

  private static final List<String> TO_ULTRA =
      List.of("low", "medium", "high", "xhigh", "max", "ultra");
  private static final List<String> TO_MAX = List.of("low", "medium", "high", "xhigh", "max");
  private static final List<String> TO_XHIGH = List.of("low", "medium", "high", "xhigh");

  static final AgentModels ALL =
      new AgentModels(
          List.of(
              model("gpt-6.1-sol", "GPT-6.1-Sol", TO_ULTRA, "low"),
              model("gpt-6-astra", "GPT-6-Astra", TO_ULTRA, "low"),
              model("gpt-6-sol", "GPT-6-Sol", TO_ULTRA, "medium"),
              model("gpt-6-luna", "GPT-6-Luna", TO_MAX, "medium"),
              model("gpt-5.6-sol", "GPT-5.6-Sol", TO_ULTRA, "low"),
              model("gpt-6.1-terra", "GPT-6.1 Terra", TO_ULTRA, "low"),
              model("gpt-5.6-terra", "GPT-5.6-Terra", TO_ULTRA, "medium"),
              model("gpt-5.6-luna", "GPT-5.6-Luna", TO_MAX, "medium"),
              model("gpt-5.5", "GPT-5.5", TO_XHIGH, "medium")),
          Optional.of("gpt-6.1-sol"));

  private CodexModels() {}

  private static AgentModels.Model model(
      String id, String name, List<String> efforts, String usual) {
    return new AgentModels.Model(id, Optional.of(name), efforts, Optional.of(usual));
  }
}
