package dev.dunes.cli;

import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.sandbox.spi.Check;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Which agents are on this machine. */
final class AgentChecks {
  private AgentChecks() {}

  static Diagnosis diagnose(Console console) {
    Agents agents =
        Agents.open(
            new AgentSettings(
                console.environment(),
                Path.of(System.getProperty("user.home")),
                console.directory().toAbsolutePath()));
    List<Check> checks = new ArrayList<>();
    for (String id : agents.ids()) {
      checks.add(
          agents
              .get(id)
              .installed()
              .map(there ->
                  Check.ok(id, there.version() + " at " + there.mounts().getFirst().source()))
              .orElseGet(() ->
                  Check.ok(id, "not installed yet: the first prompt that needs it fetches it")));
    }
    return new Diagnosis("agents", checks);
  }
}
