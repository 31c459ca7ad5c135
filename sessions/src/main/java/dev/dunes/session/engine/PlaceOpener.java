package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentTraits;
import dev.dunes.session.SessionSpec;

/** Opens the places in which agents work: a sandbox, and a way to their models. */
public interface PlaceOpener {
  /**
   * Whether there can be a place at all; asks nobody.
   *
   * @throws dev.dunes.session.SessionException {@code invalid_request} with the remedy, such as
   *     when no key of a model is set
   */
  void check(SessionSpec spec, AgentTraits traits);

  /** Whether a model can be asked for such an agent with the keys that are set. */
  boolean credentials(AgentTraits traits);

  /**
   * Opens one; blocks. What was opened when it fails is closed again.
   *
   * @param id names it
   */
  AgentPlace open(String id, SessionSpec spec, Agent agent);
}
