package dev.dunes.session;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentModels;
import java.util.List;
import java.util.OptionalInt;

/**
 * Conversations with coding agents, each in a sandbox of its own, kept in a journal: what they were
 * can be read and, where the agent can, they go on after a restart. The same for sessions in this
 * process and for those of a server. Safe for use by several threads.
 *
 * <p>All of its methods throw {@link SessionException}; its code is a problem type of the agent
 * API, sheet 2.4.
 */
public interface Sessions extends AutoCloseable {
  /** The agents there are, in the order in which to show them. */
  List<AgentStatus> agents();

  /** One of them; {@code unsupported_agent} when there is none of this id. */
  AgentStatus agent(String id);

  /**
   * Installs an agent; blocks while it is downloaded.
   *
   * @param again even when it is there
   * @throws SessionException {@code unsupported_agent}, {@code install_failed}
   */
  AgentInstallation install(String agent, boolean again);

  /** The modes of an agent. */
  List<AgentMode> modes(String agent);

  /** The models of an agent. */
  AgentModels models(String agent);

  /**
   * Begins a session.
   *
   * @param id chosen by the caller: 1 to 256 bytes of UTF-8 without control characters
   * @throws SessionException {@code invalid_request}, {@code unsupported_agent}, {@code
   *     mode_not_supported}, {@code session_already_exists} (also when the old one has ended),
   *     {@code agent_not_installed}, {@code install_failed}, {@code stream_error}
   */
  Session create(String id, SessionSpec spec);

  /** A session that exists; {@code session_not_found} when there is none. */
  Session get(String id);

  /** All, the newest first; those that have ended, too. */
  List<SessionInfo> list();

  /**
   * Looks for words in what was said in all sessions.
   *
   * @param limit how many hits at most; all when empty
   */
  List<SearchHit> search(String words, OptionalInt limit);

  /** Lets go of them: turns that run are ended, sandboxes destroyed; the journal stays. */
  @Override
  void close();
}
