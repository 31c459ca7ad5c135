package dev.dunes.agent;

import dev.dunes.sandbox.HostMount;

/**
 * What a sandbox needs so that an agent can be opened in it.
 *
 * @param mount the agent's program, to be shown read-only; where a provider cannot show files of
 *     this host the agent uploads itself when it is opened
 * @param version the version that is installed
 */
public record AgentPlacement(HostMount mount, String version) {}
