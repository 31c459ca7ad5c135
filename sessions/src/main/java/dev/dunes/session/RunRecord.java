package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;

/**
 * A run as the store knows it.
 *
 * @param id the run's
 * @param prompt the first 100 characters of its prompt
 * @param model that was asked for, or that the agent said it uses
 * @param status running, completed or error
 * @param startedAt when it was accepted
 * @param costUsd what it cost in US dollars, once known
 * @param turns how many times the model was asked, once known
 * @param durationSeconds from its acceptance to its last event, once it ended
 * @param error what went wrong
 * @param filesCount how many files it was given
 * @param agentSessionId the agent's own name for the conversation
 * @param sandboxId the sandbox it ran in
 * @param scope whose it was
 * @param config what it ran with: {@code model, max_turns, timeout, allowed_tools, files}
 * @param outcome {@code running}, the result's subtype, or {@code agent_error}, {@code error},
 *     {@code timeout}, {@code cancelled}, {@code disconnected}, {@code crashed}
 */
public record RunRecord(
    String id,
    String prompt,
    Optional<String> model,
    RunStatus status,
    Instant startedAt,
    OptionalDouble costUsd,
    OptionalInt turns,
    OptionalDouble durationSeconds,
    Optional<String> error,
    int filesCount,
    Optional<String> agentSessionId,
    Optional<String> sandboxId,
    RunScope scope,
    JsonNode config,
    String outcome) {
  public RunRecord {
    requireNonNull(id, "id");
    requireNonNull(prompt, "prompt");
    requireNonNull(status, "status");
    requireNonNull(startedAt, "startedAt");
    requireNonNull(scope, "scope");
    requireNonNull(config, "config");
    requireNonNull(outcome, "outcome");
  }

  /** Whether it has not ended. */
  public boolean running() {
    return status == RunStatus.RUNNING;
  }

  RunRecord withModel(String value) {
    return new RunRecord(
        id,
        prompt,
        Optional.of(value),
        status,
        startedAt,
        costUsd,
        turns,
        durationSeconds,
        error,
        filesCount,
        agentSessionId,
        sandboxId,
        scope,
        config,
        outcome);
  }

  RunRecord withAgentSession(String value) {
    return new RunRecord(
        id,
        prompt,
        model,
        status,
        startedAt,
        costUsd,
        turns,
        durationSeconds,
        error,
        filesCount,
        Optional.of(value),
        sandboxId,
        scope,
        config,
        outcome);
  }

  RunRecord withSandbox(String value) {
    return new RunRecord(
        id,
        prompt,
        model,
        status,
        startedAt,
        costUsd,
        turns,
        durationSeconds,
        error,
        filesCount,
        agentSessionId,
        Optional.of(value),
        scope,
        config,
        outcome);
  }

  RunRecord ended(RunEnd end, double seconds) {
    return new RunRecord(
        id,
        prompt,
        model,
        end.completed() ? RunStatus.COMPLETED : RunStatus.ERROR,
        startedAt,
        end.costUsd(),
        end.turns(),
        OptionalDouble.of(seconds),
        end.error(),
        filesCount,
        agentSessionId,
        sandboxId,
        scope,
        config,
        end.outcome());
  }

  /** As a run that was cut off with its server. */
  RunRecord cutOff() {
    return ended(RunEnd.failed("error", "server restarted"), 0);
  }
}
