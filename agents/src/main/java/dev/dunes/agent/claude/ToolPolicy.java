package dev.dunes.agent.claude;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/**
 * Which tools may be used. Built-in tools that are not named do not exist for the agent ({@code
 * --tools}); every call, of subagents too, is looked at once more before it runs, which also holds
 * for tools of MCP servers and for specifiers. Query API, sheet Q9.
 */
final class ToolPolicy {
  /** How an answer that follows a schema is given; never withheld. */
  private static final String ANSWER = "StructuredOutput";

  private final Optional<List<ToolRule>> rules;

  private ToolPolicy(Optional<List<ToolRule>> rules) {
    this.rules = rules;
  }

  static ToolPolicy of(Optional<List<String>> allowed) {
    return new ToolPolicy(
        allowed.map(
            list -> list.stream().filter(entry -> !entry.isBlank()).map(ToolRule::parse).toList()));
  }

  /** Whether anything is restricted at all. */
  boolean restricts() {
    return rules.isPresent();
  }

  /** The built-in tools, for {@code --tools}; an empty text for none. */
  Optional<String> builtIn() {
    return rules.map(list ->
        list.stream()
            .filter(rule -> !rule.isMcp())
            .map(ToolRule::tool)
            .distinct()
            .collect(Collectors.joining(",")));
  }

  /** Why a call is refused; empty when it may run. */
  Optional<String> refusal(String tool, JsonNode input) {
    if (rules.isEmpty() || tool.equals(ANSWER)) {
      return Optional.empty();
    }
    boolean allowed = rules.get().stream().anyMatch(rule -> rule.allows(tool, input));
    return allowed
        ? Optional.empty()
        : Optional.of("%s is not among the allowed tools of this run".formatted(tool));
  }
}
