package dev.dunes.cli;

import dev.dunes.agent.Agents;
import dev.dunes.sandbox.spi.Check;
import java.util.ArrayList;
import java.util.List;

/** Which agents are on this machine. */
final class AgentChecks {
  private AgentChecks() {}

  static Diagnosis diagnose(Console console) {
    Agents agents = LocalAgents.open(console);
    List<Check> checks = new ArrayList<>();
    for (String id : agents.ids()) {
      LocalAgent agent = LocalAgent.of(agents.get(id));
      String version = agent.version().orElse("");
      checks.add(
          switch (agent.state()) {
            case "unavailable" -> Check.warn(id, agent.unavailable().orElse(""), "");
            case "built in" -> Check.ok(id, version + ", part of Dunes");
            case "installed" -> Check.ok(id, version + " at " + agent.path().orElse(""));
            default ->
                Check.ok(
                    id,
                    "not installed yet: the first prompt that needs it fetches it, or `%s install-agent %s`"
                        .formatted(console.program(), id));
          });
    }
    return new Diagnosis("agents", checks);
  }
}
