package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.session.SessionSpec;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;

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
    boolean again) {
  /** As the agent is told. */
  AgentOptions options(ModelAccess access, Map<String, String> environment, String home) {
    AgentOptions.Builder options =
        AgentOptions.builder(access)
            .session(sessionId, turnsBefore)
            .workingDir(spec.directory().orElse(home))
            .mode(mode)
            .permissions(
                switch (permissionMode) {
                  case Checks.BYPASS -> PermissionPolicy.ALLOW;
                  case Checks.PLAN -> PermissionPolicy.READ_ONLY;
                  default -> PermissionPolicy.ASK;
                })
            .partialMessages(true);
    model.ifPresent(options::model);
    variant.ifPresent(options::variant);
    spec.systemPrompt()
        .ifPresent(
            text -> options.systemPrompt(JsonMapper.shared().getNodeFactory().stringNode(text)));
    spec.allowedTools().ifPresent(options::allowedTools);
    spec.mcpServers().ifPresent(options::mcpServers);
    spec.outputSchema().ifPresent(options::outputSchema);
    resume.ifPresent(id -> options.resume(id, fork));
    environment.forEach(options::env);
    spec.env().forEach(options::env);
    return options.build();
  }
}
