package dev.dunes.agent.acp;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentModels;
import dev.dunes.agent.AgentTraits;
import dev.dunes.agent.PermissionPolicy;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of one agent that speaks ACP: the differences, as data. Sheet "driving other
 * agents", 2.4. What the agent says of itself when it starts comes first.
 *
 * @param id its id
 * @param traits what it can do through this adapter
 * @param models the models it offers by itself
 * @param policies the agent's mode for who decides, where the protocol's own requests for
 *     permission do not do
 * @param modes our names of modes with the agent's own
 * @param toolNames where the name of a tool is found
 * @param notices whether a piece of a message without an id is a notice, no part of a message
 * @param thoughtPrefix what thoughts begin with, to be left out; may be empty
 * @param survivors what the environment of a command holds that goes on after its turn was
 *     cancelled, such as {@code NAME=value}
 * @param conversations where it keeps conversations, relative to its home
 */
public record AcpProfile(
    String id,
    AgentTraits traits,
    AgentModels models,
    Map<PermissionPolicy, String> policies,
    Map<String, String> modes,
    ToolNames toolNames,
    boolean notices,
    String thoughtPrefix,
    Optional<String> survivors,
    List<String> conversations) {
  public AcpProfile {
    requireNonNull(id, "id");
    requireNonNull(traits, "traits");
    requireNonNull(models, "models");
    policies = Map.copyOf(policies);
    modes = Map.copyOf(modes);
    requireNonNull(toolNames, "toolNames");
    requireNonNull(thoughtPrefix, "thoughtPrefix");
    requireNonNull(survivors, "survivors");
    conversations = List.copyOf(conversations);
  }

  /** An agent of which nothing more is known. */
  public static AcpProfile unknown(String id, AgentTraits traits) {
    return new AcpProfile(
        id,
        traits,
        AgentModels.NONE,
        Map.of(),
        Map.of(),
        ToolNames.TOLD,
        false,
        "",
        Optional.empty(),
        List.of());
  }

  /** Where the name of a tool is, when the agent does not tell it by itself. */
  public enum ToolNames {
    /** It is told, or else the kind of the tool has to do. */
    TOLD,
    /** The first title. */
    FIRST_TITLE,
    /** The id, up to two underscores. */
    ID
  }
}
