package dev.dunes.cli;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * How an agent is on this machine.
 *
 * @param version of what is installed
 * @param path where it is; none for one that is part of Dunes or of the sandbox
 * @param capabilities by their names in the agent API, in its order
 * @param unavailable why it cannot be driven, if so, and what to do about it
 * @param builtIn whether it is part of Dunes
 */
record LocalAgent(
    String id,
    Optional<String> version,
    Optional<String> path,
    Map<String, Boolean> capabilities,
    Optional<String> unavailable,
    boolean builtIn) {

  static LocalAgent of(Agent agent) {
    Optional<AgentPlacement> there = Optional.empty();
    Optional<String> unavailable = agent.traits().unavailable();
    try {
      there = agent.installed();
    } catch (AgentException e) {
      String remedy = e.remedy().map(text -> "; " + text).orElse("");
      unavailable = unavailable.or(() -> Optional.of(e.getMessage() + remedy));
    }
    Map<String, Boolean> capabilities = new LinkedHashMap<>();
    JsonMapper.shared()
        .valueToTree(agent.traits().capabilities())
        .forEachEntry((name, can) -> capabilities.put(name, can.asBoolean()));
    return new LocalAgent(
        agent.id(),
        there.map(AgentPlacement::version),
        there.flatMap(AgentPlacement::program).map(mount -> mount.source().toString()),
        capabilities,
        unavailable,
        agent.traits().inProcess());
  }

  boolean installed() {
    return version.isPresent();
  }

  /** In a word or two. */
  String state() {
    if (unavailable.isPresent()) {
      return "unavailable";
    }
    if (!installed()) {
      return "not installed";
    }
    return builtIn ? "built in" : "installed";
  }

  /** What it can do. */
  List<String> able() {
    return capabilities.entrySet().stream()
        .filter(Map.Entry::getValue)
        .map(Map.Entry::getKey)
        .toList();
  }
}
