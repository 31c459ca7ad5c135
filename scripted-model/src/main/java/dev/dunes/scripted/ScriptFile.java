package dev.dunes.scripted;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads scripts, see {@link Script#parse}. */
final class ScriptFile {
  private static final Pattern GROUP = Pattern.compile("\\{\\{(\\d)}}");

  Script read(JsonNode file) {
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : file.path("scenarios").properties()) {
      scenarios.put(entry.getKey(), new Scenario(entry.getKey(), answers(entry.getValue())));
    }
    List<Rule> rules = new ArrayList<>();
    for (JsonNode rule : file.path("rules")) {
      rules.add(rule(rule));
    }
    return new Script(scenarios, rules);
  }

  List<Answer> answers(JsonNode steps) {
    List<Answer> answers = new ArrayList<>();
    for (JsonNode answer : steps) {
      List<Step> parts = new ArrayList<>();
      if (answer.isArray()) {
        answer.forEach(part -> parts.add(step(part)));
      } else {
        parts.add(step(answer));
      }
      answers.add(new Answer(parts));
    }
    return answers;
  }

  private Rule rule(JsonNode rule) {
    String name = text(rule, "name");
    JsonNode steps = rule.path("steps");
    new Scenario(name, answers(steps)); // what is wrong with it is said now and not when it is used
    return new Rule(
        name, Pattern.compile(text(rule, "when")), match -> answers(fill(steps, match)));
  }

  /** The steps with groups in place of {@code {{1}}}. */
  private static JsonNode fill(JsonNode steps, MatchResult match) {
    String filled =
        GROUP
            .matcher(steps.toString())
            .replaceAll(place -> {
              int group = Integer.parseInt(place.group(1));
              String value = group <= match.groupCount() ? match.group(group) : null;
              String quoted = JsonMapper.shared().writeValueAsString(value == null ? "" : value);
              return java.util.regex.Matcher.quoteReplacement(
                  quoted.substring(1, quoted.length() - 1));
            });
    return JsonMapper.shared().readTree(filled);
  }

  private Step step(JsonNode step) {
    if (!step.isObject() || step.size() != 1) {
      throw new IllegalArgumentException("a step is an object with one member: " + step);
    }
    Map.Entry<String, JsonNode> entry = step.properties().iterator().next();
    JsonNode value = entry.getValue();
    return switch (entry.getKey()) {
      case "text" -> new Step.Text(string(value));
      case "think" -> new Step.Think(string(value));
      case "sh" -> new Step.Shell(string(value));
      case "write" -> new Step.Write(text(value, "path"), text(value, "content"));
      case "read" -> new Step.Read(string(value));
      case "edit" ->
          new Step.Edit(text(value, "path"), text(value, "before"), text(value, "after"));
      case "ask" -> ask(value);
      case "agent" ->
          new Step.Subagent(
              text(value, "description"),
              text(value, "prompt"),
              Optional.ofNullable(value.path("type").stringValue(null)));
      case "mcp" ->
          new Step.Mcp(text(value, "server"), text(value, "tool"), value.path("arguments"));
      case "raw" -> new Step.RawTool(text(value, "name"), value.path("input"));
      case "struct" -> new Step.Structured(value);
      case "slow" ->
          new Step.Slow(
              value.path("deltas").asInt(0), Duration.ofMillis(value.path("everyMs").asInt(500)));
      case "error" -> new Step.Refusal(value.asInt(0));
      default -> throw new IllegalArgumentException("unknown kind of step: " + entry.getKey());
    };
  }

  private static Step ask(JsonNode ask) {
    List<Step.Ask.Choice> choices = new ArrayList<>();
    for (JsonNode option : ask.path("options")) {
      choices.add(new Step.Ask.Choice(text(option, "label"), text(option, "description")));
    }
    return new Step.Ask(text(ask, "header"), text(ask, "question"), choices);
  }

  private static String text(JsonNode object, String field) {
    String value = object.path(field).stringValue(null);
    if (value == null) {
      throw new IllegalArgumentException("'%s' is not a text in %s".formatted(field, object));
    }
    return value;
  }

  private static String string(JsonNode value) {
    String text = value.stringValue(null);
    if (text == null) {
      throw new IllegalArgumentException("not a text: " + value);
    }
    return text;
  }
}
