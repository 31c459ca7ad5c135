package dev.dunes.session.engine;

import dev.dunes.agent.ModelAccess;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SecretMask;
import java.time.Instant;
import java.util.Map;

/** Where the agent of a session works. */
public interface AgentPlace extends AutoCloseable {
  Sandbox sandbox();

  /** Whether other sessions work in it, too: its files are not this session's alone. */
  boolean shared();

  /** The home of its user. */
  String home();

  /** How the agent reaches its model. */
  ModelAccess access();

  /** Further variables for the agent: the way to the proxy. */
  Map<String, String> environment();

  /** Hides every key that what runs there could get hold of. */
  SecretMask mask();

  /** When a byte last went to or came from a model. */
  Instant lastActivity();

  /** Lets it live on for a while. */
  void renew();

  /** Ends the way to the model, and the sandbox with everything in it unless it is shared. */
  @Override
  void close();
}
