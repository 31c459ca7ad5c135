package dev.dunes.agent;

/** Who decides what an agent may do with the tools it has. */
public enum PermissionPolicy {
  /** It may do everything: the sandbox is the boundary. */
  ALLOW,
  /** It asks, see {@link AgentEvent.PermissionRequested}, and waits for the answer. */
  ASK,
  /**
   * It may look but not change anything: that is declined without asking. {@code plan} of the agent
   * API.
   */
  READ_ONLY
}
