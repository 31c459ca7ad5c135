package dev.dunes.scripted;

import java.util.List;

/**
 * What one reply of the model holds. Several calls of tools in it run in parallel.
 *
 * @param steps at least one
 */
public record Answer(List<Step> steps) {
  public Answer {
    steps = List.copyOf(steps);
    if (steps.isEmpty()) {
      throw new IllegalArgumentException("an answer has at least one step");
    }
  }

  /** An answer with these steps. */
  public static Answer of(Step... steps) {
    return new Answer(List.of(steps));
  }

  /** How many results of tools the agent sends back for it. */
  public int calls() {
    return (int) steps.stream().filter(Step::callsTool).count();
  }
}
