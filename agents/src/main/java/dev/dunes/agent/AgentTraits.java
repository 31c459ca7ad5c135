package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * What is known of an agent without starting it. Agent API, sheet 2.3.
 *
 * @param capabilities what it can do
 * @param modes the modes to offer, the first one is the default
 * @param anyMode whether it takes other modes than those, too
 * @param permissionModes of {@code default}, {@code plan}, {@code bypass} those it takes
 * @param dialects the protocols it can ask its model in, the preferred one first; empty when it
 *     asks none
 * @param resumable whether a conversation can go on in a new process, see {@link
 *     AgentOptions#resume()}
 * @param inProcess whether it needs no sandbox at all: {@link Agent#open} ignores the one it is
 *     given
 * @param unavailable why it cannot be driven here, if so; a sentence that says what to do
 */
public record AgentTraits(
    AgentCapabilities capabilities,
    List<AgentMode> modes,
    boolean anyMode,
    List<String> permissionModes,
    List<ModelDialect> dialects,
    boolean resumable,
    boolean inProcess,
    Optional<String> unavailable) {
  /** An agent that answers with text, asks its model as Claude does, and no more is known of. */
  public static final AgentTraits PLAIN =
      new AgentTraits(
          AgentCapabilities.TEXT,
          List.of(new AgentMode("build", "Build", "Default build mode")),
          false,
          List.of("default", "bypass"),
          List.of(ModelDialect.ANTHROPIC),
          false,
          false,
          Optional.empty());

  public AgentTraits {
    requireNonNull(capabilities, "capabilities");
    modes = List.copyOf(modes);
    permissionModes = List.copyOf(permissionModes);
    dialects = List.copyOf(dialects);
    requireNonNull(unavailable, "unavailable");
  }
}
