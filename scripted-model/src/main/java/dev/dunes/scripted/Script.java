package dev.dunes.scripted;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

/**
 * Scenarios by name and rules in order. Immutable.
 *
 * @param rules asked in this order when no marker is found
 */
public record Script(Map<String, Scenario> scenarios, List<Rule> rules) {
  private static final String STANDARD = "standard.json";

  /** Characters in the one answer of scenario {@code big}. */
  private static final int BIG = 200 * 1024;

  public Script {
    scenarios = Map.copyOf(scenarios);
    rules = List.copyOf(rules);
  }

  /** The scenarios that tests of agents use, and rules for a demonstration. */
  public static Script standard() {
    try (InputStream file = Script.class.getResourceAsStream(STANDARD)) {
      if (file == null) {
        throw new IllegalStateException(STANDARD + " is not part of this build");
      }
      Script script = parse(file.readAllBytes());
      List<Answer> question = script.scenario("ask").orElseThrow().answers();
      return script
          // The same question by the names that tests of other agents know it by.
          .with(new Scenario("ocask", question))
          .with(new Scenario("cxask", question))
          .with(Scenario.saying("big", "0123456789abcdef".repeat(BIG / 16)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Reads scenarios and rules from JSON. {@code scenarios} holds lists of replies by name, {@code
   * rules} objects with {@code name}, {@code when} (a regular expression) and {@code steps}; in
   * their texts <code>{{1}}</code> stands for the first group. A reply is one step or a list of
   * them: <code>{"text": "…"}</code>, {@code think}, {@code sh}, {@code write} (path, content),
   * {@code read}, {@code edit} (path, before, after), {@code ask} (header, question, options),
   * {@code agent} (description, prompt, type), {@code mcp} (server, tool, arguments), {@code raw}
   * (name, input), {@code struct}, {@code slow} (deltas, everyMs), {@code error} (status).
   *
   * @throws IllegalArgumentException when it is not such a file
   */
  public static Script parse(byte[] json) {
    return new ScriptFile().read(JsonMapper.shared().readTree(json));
  }

  /** This script with another scenario, in place of one with the same name. */
  public Script with(Scenario scenario) {
    Map<String, Scenario> all = new LinkedHashMap<>(scenarios);
    all.put(scenario.name(), scenario);
    return new Script(all, rules);
  }

  /** This script and another, whose scenarios and rules go first. */
  public Script with(Script other) {
    Map<String, Scenario> all = new LinkedHashMap<>(scenarios);
    all.putAll(other.scenarios);
    List<Rule> first = new ArrayList<>(other.rules);
    first.addAll(rules);
    return new Script(all, first);
  }

  Optional<Scenario> scenario(String name) {
    return Optional.ofNullable(scenarios.get(name));
  }
}
