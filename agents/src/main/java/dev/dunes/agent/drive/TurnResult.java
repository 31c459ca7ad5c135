package dev.dunes.agent.drive;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.TurnOutcome;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The result of a turn until it stands: held until the turn is over, checked against the schema,
 * asked for once more when it does not satisfy that. Not safe for use by several threads.
 */
public final class TurnResult {
  private static final String UNSATISFIED = "error_max_structured_output_retries";
  private static final String INTERRUPTED = "interrupted";

  private final Optional<AnswerSchema> schema;
  private AgentOutput.@Nullable Message held;
  private boolean repaired;

  /**
   * How a turn ended.
   *
   * @param outcome without a structured answer
   * @param structured the answer as JSON, if it gave one
   * @param message the result as it is passed on
   */
  public record Verdict(
      TurnOutcome outcome, Optional<JsonNode> structured, AgentOutput.Message message) {}

  /**
   * What is to be done.
   *
   * @param outputs for who reads
   * @param problem of an answer that is to be asked for once more; else the turn has ended
   */
  record Settled(List<AgentOutput> outputs, Optional<String> problem) {}

  TurnResult(Optional<AnswerSchema> schema) {
    this.schema = schema;
  }

  /** A turn begins. */
  void begin() {
    repaired = false;
  }

  void hold(AgentOutput.Message message) {
    held = message;
  }

  boolean isHeld() {
    return held != null;
  }

  AgentOutput.Message held() {
    return requireNonNull(held, "held");
  }

  /** It is not the result after all. */
  Optional<AgentOutput> supersede() {
    Optional<AgentOutput> gone =
        Optional.ofNullable(held)
            .map(message -> new AgentOutput.Superseded(message.raw(), message.json()));
    held = null;
    return gone;
  }

  /**
   * The turn is over by the agent's rule.
   *
   * @param interrupted whether it was to stop
   * @param mayRepair whether the agent can be asked once more
   */
  Settled settle(Verdict verdict, boolean interrupted, boolean mayRepair) {
    TurnOutcome said = verdict.outcome();
    Optional<String> problem =
        said.success() && !interrupted
            ? schema.flatMap(each -> each.problem(verdict.structured()))
            : Optional.empty();
    if (problem.isPresent() && !repaired && mayRepair) {
      repaired = true;
      return new Settled(supersede().stream().toList(), problem);
    }
    if (problem.isPresent()) {
      String why = "the answer does not satisfy the schema: " + problem.get();
      return failed(failure(said, UNSATISFIED, why));
    }
    if (interrupted && said.success()) {
      return failed(failure(said, INTERRUPTED, INTERRUPTED));
    }
    held = null;
    Optional<JsonNode> answer =
        said.success() && schema.isPresent() ? verdict.structured() : Optional.empty();
    TurnOutcome outcome =
        new TurnOutcome(
            said.success(),
            said.reason(),
            said.text(),
            answer,
            said.turns(),
            said.costUsd(),
            said.tokens());
    return new Settled(
        List.of(verdict.message(), new AgentOutput.TurnEnded(outcome)), Optional.empty());
  }

  /** No result stands. */
  private Settled failed(TurnOutcome outcome) {
    return new Settled(
        List.of(supersede().orElseThrow(), new AgentOutput.TurnEnded(outcome)), Optional.empty());
  }

  private static TurnOutcome failure(TurnOutcome said, String reason, String why) {
    return new TurnOutcome(
        false,
        reason,
        Optional.of(why),
        Optional.empty(),
        said.turns(),
        said.costUsd(),
        said.tokens());
  }
}
