package dev.dunes.agent;

import java.util.List;
import java.util.Optional;

/**
 * A running agent. One thread reads with {@link #next()}; the other methods may be called by any.
 */
public interface AgentSession extends AutoCloseable {
  /**
   * Hands it a message of the user. One that comes while a turn runs waits for its end.
   *
   * @throws AgentException {@code agent_ended} when it has ended, {@code too_many_prompts} when
   *     {@value #QUEUE_LIMIT} wait already
   */
  void send(Prompt prompt);

  /**
   * What it says next; blocks. Nothing is dropped: while nobody reads, the agent stops writing.
   * Empty when it has ended and everything has been read.
   */
  Optional<AgentOutput> next();

  /** The agent's own name for this conversation, once it is known: what resuming takes. */
  Optional<String> nativeSessionId();

  /**
   * Answers a request for permission, see {@link AgentEvent.PermissionRequested}.
   *
   * @throws AgentException {@code unknown_request} when the agent does not wait for this answer
   */
  void answerPermission(String permissionId, PermissionReply reply);

  /**
   * Answers a question, see {@link AgentEvent.QuestionRequested}. When the agent asked several
   * questions at once their ids are {@code ID:0}, {@code ID:1} and so on; each may be answered by
   * itself, or all of them as {@code ID}.
   *
   * @param answers what was chosen, a list for each question
   * @throws AgentException {@code unknown_request} when the agent does not wait for this answer;
   *     {@code invalid_answer} when the number of answers is not that of the questions
   */
  void answerQuestion(String questionId, List<List<String>> answers);

  /**
   * Declines to answer a question, with all that were asked at once.
   *
   * @throws AgentException {@code unknown_request} when the agent does not wait for this answer
   */
  void rejectQuestion(String questionId);

  /** The modes it can work in, when it says so itself once it runs; else those of its traits. */
  default Optional<List<AgentMode>> modes() {
    return Optional.empty();
  }

  /**
   * Changes how it works from the next message on, see {@link AgentTraits#modes()}.
   *
   * @throws AgentException {@code mode_not_supported}
   */
  default void setMode(String mode) {
    throw new AgentException(
        "mode_not_supported", "this agent cannot change to mode '%s'".formatted(mode), null, null);
  }

  /**
   * Changes the model from the next message on.
   *
   * @param variant how hard it shall think, if that is to be changed
   * @throws AgentException {@code model_not_supported}
   */
  default void setModel(String model, Optional<String> variant) {
    throw new AgentException(
        "model_not_supported",
        "this agent cannot change to model '%s'".formatted(model),
        "start a session with that model",
        null);
  }

  /**
   * Stops the turn that runs, if any, with everything it started; the session goes on. The turn
   * ends with an outcome that is no success.
   */
  void interrupt();

  /** Says that no message will follow: the agent ends when its turn does. */
  void endInput();

  /** How the process ended; blocks until it has. */
  AgentExit waitFor();

  /** Ends the process with everything it started. Safe to repeat. */
  @Override
  void close();

  /** How many messages may wait for the end of a turn. */
  int QUEUE_LIMIT = 16;
}
