package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code _adapter/agent_exited}: says that the agent's process died. ACP, sheet 2.3. */
final class AgentExit {
  private AgentExit() {}

  /** Its parameters, when that is why a request failed. */
  static Optional<ObjectNode> of(RpcException e) {
    return e.data()
        .filter(problem -> problem.path("type").asString("").endsWith(":agent_process_exited"))
        .map(problem -> {
          JsonNode code = problem.at("/details/exitCode");
          ObjectNode exit = Json.object().put("success", false);
          return code.isIntegralNumber() ? exit.put("code", code.asInt()) : exit.putNull("code");
        });
  }
}
