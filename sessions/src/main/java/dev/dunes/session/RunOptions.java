package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.ModelDialect;
import dev.dunes.gateway.ModelUpstream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the agent of a run is told, but for its place. */
final class RunOptions {
  private RunOptions() {}

  static AgentOptions.Builder of(
      Agent agent, RunRequest request, RunPlan plan, ModelAccess access) {
    AgentOptions.Builder options = AgentOptions.builder(access);
    plan.model().ifPresent(options::model);
    plan.maxTurns().ifPresent(options::maxTurns);
    if (agent.keepsBudget()) {
      request.maxBudgetUsd().ifPresent(options::maxBudgetUsd);
    }
    plan.systemPrompt().ifPresent(options::systemPrompt);
    plan.appendSystemPrompt().ifPresent(options::appendSystemPrompt);
    plan.allowedTools().ifPresent(options::allowedTools);
    plan.subagents().ifPresent(options::subagents);
    plan.mcpServers().ifPresent(options::mcpServers);
    plan.outputSchema().ifPresent(options::outputSchema);
    request.resume().ifPresent(id -> options.resume(id, request.forkSession()));
    return options.skills(plan.hasSkills());
  }

  /**
   * How the agent reaches its models.
   *
   * @param upstreams those that there are
   */
  static ModelAccess access(
      Agent agent, String baseUrl, String token, Map<ModelDialect, ModelUpstream> upstreams) {
    Map<String, String> names = new HashMap<>();
    upstreams.values().forEach(upstream -> names.putAll(upstream.modelVariables()));
    List<ModelDialect> dialects =
        agent.traits().dialects().stream().filter(upstreams::containsKey).toList();
    return new ModelAccess(baseUrl, token, names, dialects);
  }
}
