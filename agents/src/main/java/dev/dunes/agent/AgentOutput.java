package dev.dunes.agent;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Something an agent wrote. */
public sealed interface AgentOutput {
  /**
   * A message of its protocol that is meant for the user of the agent; the driver's own dialogue
   * with it (requests, answers, echoes) is not among them.
   *
   * @param raw one JSON object exactly as the agent wrote it, without the line end; never changed
   * @param json the same, read
   * @param events what it means, in the schema that all agents share
   */
  record Message(byte[] raw, JsonNode json, List<AgentEvent> events) implements AgentOutput {
    public Message {
      events = List.copyOf(events);
    }
  }

  /**
   * The turn has ended by the agent's own rule: nothing of it will follow, in the background
   * either.
   *
   * @param outcome how, computed from everything the agent said, never from one word alone
   */
  record TurnEnded(TurnOutcome outcome) implements AgentOutput {}

  /** A line of standard output that is no message. */
  record Text(String line) implements AgentOutput {}

  /** What came on standard error; never a sign of failure by itself. */
  record Diagnostics(String text) implements AgentOutput {}

  /** A line too long to be kept (15 MiB), dropped. */
  record Dropped(long bytes) implements AgentOutput {}
}
