package dev.dunes.session;

import dev.dunes.gateway.GatewayLease;
import dev.dunes.sandbox.Sandbox;
import java.util.Map;

/**
 * Where a run takes place.
 *
 * @param home where files are in it
 * @param baseUrl of the models, as seen in the sandbox
 * @param agentEnvironment further variables for the agent: the way to the proxy
 */
record RunPlace(
    Sandbox sandbox,
    HomePaths home,
    GatewayLease lease,
    String baseUrl,
    Map<String, String> agentEnvironment) {}
