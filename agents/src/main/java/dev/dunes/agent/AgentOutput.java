package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.List;
import tools.jackson.databind.JsonNode;

/** Something an agent said. */
public sealed interface AgentOutput {
  /**
   * A message of its protocol that is meant for the user of the agent; the driver's own dialogue
   * with it (requests, answers, echoes) is not among them.
   *
   * <p>The message that gives the result of a turn comes last, right before {@link TurnEnded}, and
   * once at most: one that turned out not to be the end is {@link Superseded} instead.
   *
   * @param raw one JSON object exactly as the agent wrote it, without the line end; not copied,
   *     never changed. Empty for an agent that writes none
   * @param json the same, read; JSON's null when it is empty
   * @param events what it means, in the schema that all agents share
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Message(byte[] raw, JsonNode json, List<AgentEvent> events) implements AgentOutput {
    public Message {
      requireNonNull(raw, "raw");
      requireNonNull(json, "json");
      events = List.copyOf(events);
    }
  }

  /**
   * A message that gave a result although the turn went on: something still ran in the background,
   * or the answer did not satisfy the schema and was asked for again, or never did. Only for who
   * wants to see everything.
   *
   * @param raw as in {@link Message}
   * @param json the same, read
   */
  @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
  record Superseded(byte[] raw, JsonNode json) implements AgentOutput {
    public Superseded {
      requireNonNull(raw, "raw");
      requireNonNull(json, "json");
    }
  }

  /**
   * The agent asks something or no longer waits for an answer. Each {@code requested} event is
   * followed by exactly one {@code resolved} event of the same id: once answered, or once the agent
   * withdrew it, or when the session ends.
   *
   * @param event one of permission or question, requested or resolved
   */
  record Ask(AgentEvent event) implements AgentOutput {
    public Ask {
      requireNonNull(event, "event");
    }
  }

  /**
   * The turn has ended by the agent's own rule: nothing of it will follow, in the background
   * either. A session that ends without this after a prompt has crashed, see {@link
   * AgentSession#waitFor()}.
   *
   * <p>When no {@link Message} with the result came right before it, there is no result that could
   * stand: {@link TurnOutcome#text()} then says why.
   *
   * @param outcome how, computed from everything the agent said, never from one word alone
   */
  record TurnEnded(TurnOutcome outcome) implements AgentOutput {
    public TurnEnded {
      requireNonNull(outcome, "outcome");
    }
  }

  /** A line of standard output that is no message. */
  record Text(String line) implements AgentOutput {
    public Text {
      requireNonNull(line, "line");
    }
  }

  /** What came on standard error; never a sign of failure by itself. */
  record Diagnostics(String text) implements AgentOutput {
    public Diagnostics {
      requireNonNull(text, "text");
    }
  }

  /** A line too long to be kept (15 MiB), dropped. */
  record Dropped(long bytes) implements AgentOutput {}
}
