package dev.dunes.session;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** Reads the triggers of {@code sandstorm.json}: all or, when one is bad, none. Query API 2.11. */
final class TriggerReader {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}");
  private static final Pattern PATH = Pattern.compile("/[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*");
  private static final List<String> TAKEN =
      List.of(
          "/query", "/runs", "/health", "/slack", "/webhooks", "/docs", "/memories", "/metrics");

  private final Map<String, String> variables;
  private final Set<String> names = new HashSet<>();
  private final Set<String> paths = new HashSet<>();

  TriggerReader(Map<String, String> variables) {
    this.variables = variables;
  }

  /**
   * The triggers.
   *
   * @throws IllegalArgumentException with one line that says what is wrong
   */
  List<Trigger> read(JsonNode array) {
    List<Trigger> triggers = new ArrayList<>();
    array.valueStream().forEach(node -> triggers.add(trigger(node)));
    return List.copyOf(triggers);
  }

  private Trigger trigger(JsonNode node) {
    String name = text(node, "?", "name");
    if (!NAME.matcher(name).matches()) {
      throw wrong(name, "its name must match " + NAME);
    }
    if (!names.add(name)) {
      throw wrong(name, "its name is there twice");
    }
    String prompt = text(node, name, "prompt");
    if (prompt.isBlank()) {
      throw wrong(name, "its prompt is empty");
    }
    return switch (text(node, name, "type")) {
      case "cron" -> cron(node, name, prompt);
      case "webhook" -> webhook(node, name, prompt);
      default -> throw wrong(name, "its type must be cron or webhook");
    };
  }

  private static Trigger cron(JsonNode node, String name, String prompt) {
    String schedule = text(node, name, "schedule");
    try {
      CronSchedule.parse(schedule);
    } catch (IllegalArgumentException e) {
      throw wrong(name, "schedule: " + e.getMessage());
    }
    return new Trigger.Cron(name, prompt, schedule);
  }

  private Trigger webhook(JsonNode node, String name, String prompt) {
    String path = text(node, name, "path");
    if (!PATH.matcher(path).matches()) {
      throw wrong(name, "its path must match " + PATH);
    }
    for (String taken : TAKEN) {
      if (path.equals(taken) || path.startsWith(taken + "/")) {
        throw wrong(name, "its path is taken: " + taken);
      }
    }
    if (!paths.add(path)) {
      throw wrong(name, "its path is there twice");
    }
    JsonNode secret = node.get("secret");
    if (secret == null || secret.isNull()) {
      return new Trigger.Webhook(name, prompt, path, Optional.empty());
    }
    String value =
        Variables.expand(
            text(node, name, "secret"),
            variable -> Optional.ofNullable(variables.get(variable)),
            variable -> {
              throw wrong(name, "its secret needs the variable " + variable);
            });
    // An empty secret is met by anybody who sends an empty header.
    if (value.isBlank()) {
      throw wrong(name, "its secret is empty");
    }
    return new Trigger.Webhook(name, prompt, path, Optional.of(value));
  }

  private static String text(JsonNode node, String trigger, String member) {
    return Json.string(node, member)
        .orElseThrow(() -> wrong(trigger, member + " must be a string"));
  }

  private static IllegalArgumentException wrong(String trigger, String what) {
    return new IllegalArgumentException("trigger '%s': %s".formatted(trigger, what));
  }
}
