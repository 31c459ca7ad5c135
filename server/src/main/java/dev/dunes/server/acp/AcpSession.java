package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import dev.dunes.server.v1.AgentChoices;
import dev.dunes.session.Session;
import dev.dunes.session.SessionInfo;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A session as one ACP server knows it.
 *
 * @param session itself
 * @param choices of its agent
 * @param gate held while a turn begins, so that a cancellation finds it
 */
record AcpSession(Session session, AgentChoices choices, ReentrantLock gate) {
  /** {@code modes} and {@code configOptions} as they are now. */
  ObjectNode state() {
    SessionInfo info = session.info();
    ObjectNode state = Json.object();
    state.set("modes", choices.modes(Optional.of(info.agentMode())));
    state.set("configOptions", options());
    return state;
  }

  /** All options as they are now. */
  ArrayNode options() {
    SessionInfo info = session.info();
    return choices.options(Optional.of(info.agentMode()), info.model(), info.variant());
  }

  /** Chooses a value of an option. */
  void choose(String option, String value) {
    switch (option) {
      case AgentChoices.MODE -> session.setMode(value);
      case AgentChoices.MODEL -> session.setModel(value, Optional.empty());
      case AgentChoices.THOUGHT_LEVEL -> session.setModel(model(), Optional.of(value));
      default -> throw RpcException.params("there is no option '" + option + "'");
    }
  }

  private String model() {
    return choices
        .chosenModel(session.info().model())
        .orElseThrow(() -> RpcException.params("choose a model first"));
  }
}
