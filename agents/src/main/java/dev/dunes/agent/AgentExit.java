package dev.dunes.agent;

/**
 * How an agent's process ended.
 *
 * @param code its exit code; 128+n when it was killed by signal n
 * @param outOfMemory whether the memory limit of the sandbox killed something in it
 */
public record AgentExit(int code, boolean outOfMemory) {}
