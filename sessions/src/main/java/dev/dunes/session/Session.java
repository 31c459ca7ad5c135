package dev.dunes.session;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A conversation with an agent. Safe for use by several threads: one turn runs at a time, whoever
 * asked for it. Every method throws {@code session_not_found} once it has been deleted.
 */
public interface Session {
  /** Its id. */
  String id();

  /** How it is now. */
  SessionInfo info();

  /**
   * Hands the agent a message. Returns when it is in the journal's care; one that comes while a
   * turn runs waits for its end.
   *
   * @throws SessionException {@code invalid_request} when it is blank or the session was
   *     terminated, {@code conflict} when 16 wait already, {@code agent_process_exited} when the
   *     agent ended the session with an error
   */
  void send(Prompt prompt);

  /**
   * Hands the agent a message and gives the events of its turn, until the turn has ended, a
   * question or permission is asked for, or the session has ended.
   *
   * @throws SessionException as {@link #send}
   */
  SessionEvents turn(Prompt prompt);

  /**
   * Hands the agent a message and gives the events of its turn to the very end: unlike {@link
   * #turn} also those that follow a question or a request for permission.
   *
   * @throws SessionException as {@link #send}
   */
  SessionTurn start(Prompt prompt);

  /**
   * What is in the journal.
   *
   * @param offset the sequence after which to begin; 0 for the first
   * @param limit how many at most; all when empty
   */
  EventPage page(long offset, OptionalLong limit);

  /**
   * What is in the journal and what follows, without a gap between them; does not end by itself
   * before the session is deleted.
   *
   * @param offset the sequence after which to begin; 0 for the first
   */
  SessionEvents follow(long offset);

  /**
   * Answers a request for permission. The request stays open when the answer could not be given.
   *
   * @throws SessionException {@code invalid_request} when there is no such request or it is
   *     answered
   */
  void answerPermission(String permissionId, PermissionReply reply);

  /**
   * Answers a question.
   *
   * @param answers what was chosen, a list for each question
   * @throws SessionException {@code invalid_request} when there is no such question or it is
   *     answered
   */
  void answerQuestion(String questionId, List<List<String>> answers);

  /** Declines to answer a question; otherwise as {@link #answerQuestion}. */
  void rejectQuestion(String questionId);

  /** Ends the turn that runs, if any, with all it started; the session goes on. */
  void interrupt();

  /**
   * Ends the turn that runs, if any, and stops the agent with all it started; its sandbox is let go
   * unless others share it. The session stays: the next message begins again, where the agent can.
   */
  void rest();

  /** Ends the session with everything in its sandbox; nothing follows {@code session.ended}. */
  void terminate();

  /**
   * Changes how the agent works from the next message on.
   *
   * @throws SessionException {@code mode_not_supported}
   */
  void setMode(String mode);

  /**
   * Changes the model from the next message on.
   *
   * @param variant how hard it shall think, if that is to be changed
   * @throws SessionException {@code invalid_request} when the agent cannot
   */
  void setModel(String model, Optional<String> variant);

  /** Changes its title. */
  void rename(String title);

  /**
   * Begins another session that knows what was said in this one, where the agent can.
   *
   * @throws SessionException {@code session_already_exists}, {@code invalid_request} when the agent
   *     cannot
   */
  Session fork(String newId);

  /** Removes it and its journal; one that has not ended is terminated first. */
  void delete();

  /** What was said, for people or for programs. */
  String transcript(TranscriptFormat format);
}
