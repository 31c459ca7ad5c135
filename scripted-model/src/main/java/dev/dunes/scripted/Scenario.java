package dev.dunes.scripted;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.regex.Pattern;

/**
 * A script: the model's replies of one turn, in order. It is played when the marker {@code
 * [[name]]} is the last one in the user's text. The reply is found by counting the results of tools
 * in the request, so a script keeps no state: retries, resumed conversations and parallel agents
 * work.
 *
 * @param name letters, digits, {@code _} and {@code -}
 * @param answers each but the last calls a tool; the last calls none and is repeated from then on
 */
public record Scenario(String name, List<Answer> answers) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+");

  public Scenario {
    requireNonNull(name, "name");
    answers = List.copyOf(answers);
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException("name must be letters, digits, _ and -: " + name);
    }
    if (answers.isEmpty() || answers.getLast().calls() > 0) {
      throw new IllegalArgumentException(name + ": the last answer must call no tool");
    }
    if (answers.subList(0, answers.size() - 1).stream().anyMatch(answer -> answer.calls() == 0)) {
      throw new IllegalArgumentException(name + ": only the last answer may call no tool");
    }
  }

  /** A script of these replies. */
  public static Scenario of(String name, Answer... answers) {
    return new Scenario(name, List.of(answers));
  }

  /** A script that answers with a text. */
  public static Scenario saying(String name, String text) {
    return of(name, Answer.of(new Step.Text(text)));
  }

  /** Whether it can be played without any tool. */
  boolean isTextOnly() {
    return answers.stream().allMatch(answer -> answer.calls() == 0);
  }

  boolean isStructured() {
    return answers.stream()
        .flatMap(answer -> answer.steps().stream())
        .anyMatch(Step.Structured.class::isInstance);
  }

  /** The number of the reply that follows so many results of tools. */
  int step(int results) {
    int step = 0;
    for (int left = results; step < answers.size() - 1; step++) {
      left -= answers.get(step).calls();
      if (left < 0) {
        break;
      }
    }
    return step;
  }
}
