package dev.dunes.agent;

/**
 * How an agent's process ended.
 *
 * @param code its exit code; 128+n when it was killed by signal n
 * @param outOfMemory whether the memory limit of the sandbox killed something in it
 * @param server whether it was a server the agent is asked through, and not the agent itself
 */
public record AgentExit(int code, boolean outOfMemory, boolean server) {
  /** Of the agent itself. */
  public AgentExit(int code, boolean outOfMemory) {
    this(code, outOfMemory, false);
  }
}
