package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.session.SessionSpec;
import java.util.Optional;

/**
 * How the agent of a session is to be opened now.
 *
 * @param resume the conversation to go on with
 * @param fork whether as one of its own
 * @param turnsBefore how many messages there were
 * @param again whether there was a place before: what was kept is put into the new one
 */
record AgentSetup(
    String sessionId,
    long key,
    SessionSpec spec,
    Agent agent,
    String mode,
    String permissionMode,
    Optional<String> model,
    Optional<String> variant,
    Optional<String> resume,
    boolean fork,
    int turnsBefore,
    boolean again) {}
