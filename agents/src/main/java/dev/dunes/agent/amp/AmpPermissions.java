package dev.dunes.agent.amp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.drive.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which tools Amp may use, as its setting {@code amp.permissions}: the first rule that fits counts.
 * What its user is to be asked about is left to a program.
 */
final class AmpPermissions {
  private static final String ALL = "*";

  /** Those that change nothing. */
  private static final List<String> LOOKING =
      List.of(
          "Read",
          "glob",
          "Grep",
          "finder",
          "look_at",
          "read_mcp_resource",
          "read_thread",
          "find_thread",
          "skill",
          "mermaid",
          "chart",
          "task_list",
          "librarian",
          "oracle");

  /** What other agents call a tool. */
  private static final Map<String, String> NAMES =
      Map.of(
          "Write", "create_file",
          "Edit", "edit_file",
          "MultiEdit", "edit_file",
          "Glob", "glob",
          "Agent", "Task",
          "WebFetch", "read_web_page",
          "WebSearch", "web_search",
          "Skill", "skill");

  private record Rule(String tool, String action) {}

  private final List<Rule> rules;

  private AmpPermissions(List<Rule> rules) {
    this.rules = rules;
  }

  static AmpPermissions of(AgentOptions options) {
    PermissionPolicy policy = options.permissions();
    Optional<List<String>> allowed = options.allowedTools();
    if (policy == PermissionPolicy.ALLOW && allowed.isEmpty()) {
      return new AmpPermissions(List.of());
    }
    List<Rule> rules = new ArrayList<>();
    if (allowed.isEmpty()) {
      LOOKING.forEach(tool -> rules.add(new Rule(tool, "allow")));
      rules.add(new Rule(ALL, acting(policy)));
    } else {
      allowed.get().stream()
          .filter(entry -> !entry.isBlank())
          .map(AmpPermissions::name)
          .forEach(
              tool -> rules.add(new Rule(tool, LOOKING.contains(tool) ? "allow" : acting(policy))));
      rules.add(new Rule(ALL, "reject"));
    }
    return new AmpPermissions(rules);
  }

  private static String acting(PermissionPolicy policy) {
    return switch (policy) {
      case ALLOW -> "allow";
      case ASK -> "delegate";
      case READ_ONLY -> "reject";
    };
  }

  private static String name(String entry) {
    String text = entry.strip();
    if (text.contains("(")) {
      throw new AgentException(
          "invalid_options",
          "Amp cannot hold a tool to '%s'".formatted(text),
          "name the tool alone",
          null);
    }
    return NAMES.getOrDefault(text, text);
  }

  /** Whether everything is allowed and nobody asked. */
  boolean unlimited() {
    return rules.isEmpty();
  }

  /** Whether the user is asked about something. */
  boolean asks() {
    return rules.stream().anyMatch(rule -> rule.action().equals("delegate"));
  }

  /**
   * The setting.
   *
   * @param program asks the user
   */
  ArrayNode setting(String program) {
    ArrayNode setting = Json.array();
    for (Rule rule : rules) {
      ObjectNode one = setting.addObject().put("tool", rule.tool()).put("action", rule.action());
      if (rule.action().equals("delegate")) {
        one.put("to", program);
      }
    }
    return setting;
  }
}
