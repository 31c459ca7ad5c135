package dev.dunes.agent;

import dev.dunes.sandbox.Sandbox;
import java.util.List;
import java.util.Optional;

/**
 * A coding agent that can be driven in a sandbox. Stateless and safe for use by several threads.
 */
public interface Agent {
  /** Its short name, such as {@code claude}. */
  String id();

  /** What is known of it without starting it; {@link AgentTraits#PLAIN} unless it says more. */
  default AgentTraits traits() {
    return AgentTraits.PLAIN;
  }

  /** The models it offers by itself; does not start it. */
  default AgentModels models() {
    return AgentModels.NONE;
  }

  /**
   * Makes sure the agent is installed on this machine and says what a sandbox needs for it. Blocks
   * while it is downloaded; several callers share one download.
   *
   * @throws AgentException when it cannot be installed; the remedy says what to do
   */
  AgentPlacement prepare(InstallProgress progress);

  /**
   * What {@link #prepare} would say without installing anything; empty when it would install.
   *
   * @throws AgentException when what is there cannot be read
   */
  default Optional<AgentPlacement> installed() {
    return Optional.empty();
  }

  /**
   * Whether it knows what its models cost and keeps {@link AgentOptions#maxBudgetUsd()} itself. The
   * budget of any other is kept by whoever lets it ask models.
   */
  default boolean keepsBudget() {
    return false;
  }

  /**
   * Refuses what this agent cannot do, as far as that can be told before it starts.
   *
   * @throws AgentException as {@link #open} would, with a remedy
   */
  default void check(AgentOptions options) {}

  /**
   * Where it keeps its conversations, relative to the home of its user: what another sandbox must
   * be given so that {@link AgentOptions#resume()} works there. None for an agent that cannot
   * resume.
   */
  default List<String> conversationFiles() {
    return List.of();
  }

  /**
   * Starts the agent's process in a sandbox. The sandbox stays the caller's.
   *
   * @throws AgentException when the agent does not start
   */
  AgentSession open(Sandbox sandbox, AgentOptions options);
}
