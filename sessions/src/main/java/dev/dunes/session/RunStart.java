package dev.dunes.session;

import dev.dunes.agent.ModelDialect;
import dev.dunes.gateway.ModelUpstream;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What is settled about a run when it is accepted.
 *
 * @param upstreams where the agent can ask its models
 * @param variables the settings it runs with
 * @param warnings what its user should know
 */
record RunStart(
    String id,
    RunRequest request,
    ProjectConfig config,
    Limits limits,
    String provider,
    Duration timeout,
    Map<ModelDialect, ModelUpstream> upstreams,
    Map<String, String> variables,
    boolean keepSession,
    List<String> warnings) {}
