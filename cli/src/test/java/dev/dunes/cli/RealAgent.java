package dev.dunes.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.agent.InstallProgress;
import dev.dunes.sandbox.Providers;
import dev.dunes.sandbox.spi.ProviderSettings;
import dev.dunes.scripted.ScriptedModel;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** What tests with the real agent in a real sandbox need. */
final class RealAgent {
  private RealAgent() {}

  /**
   * Skips the test where there is no sandbox, or offline no agent; fails when it cannot be
   * installed.
   */
  static void require() {
    boolean usable =
        Providers.find("local")
            .filter(factory -> factory.availability(ProviderSettings.system()).usable())
            .isPresent();
    assumeTrue(usable, "provider 'local' cannot be used here: see ds doctor");
    try {
      Agents.open(AgentSettings.current()).get("claude").prepare(InstallProgress.SILENT);
    } catch (AgentException e) {
      assumeTrue(
          System.getenv("DUNES_AGENTS_OFFLINE") == null,
          "offline, and the agent is not installed: " + e.getMessage());
      throw e;
    }
  }

  /** This process's environment without what leads to models, and with the scripted one. */
  static Map<String, String> environment(ScriptedModel model, Path state) {
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment
        .keySet()
        .removeIf(name ->
            name.startsWith("ANTHROPIC_")
                || name.startsWith("OPENROUTER_")
                || name.startsWith("CLAUDE_"));
    environment.put("ANTHROPIC_BASE_URL", model.uri().toString());
    environment.put("ANTHROPIC_API_KEY", "a-key-of-the-test");
    environment.put("DUNES_STATE", state.toString());
    environment.put("DUNES_PROVIDER", "local");
    return environment;
  }
}
