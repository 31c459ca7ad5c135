package dev.dunes.session;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an agent is told: the request over the configuration.
 *
 * @param systemPrompt a text or object, whatever shall be added already in it
 * @param appendSystemPrompt what is added where there is no system prompt
 * @param mcpServers with their variables filled in: may hold secrets
 * @param skills files by path, by skill
 * @param hasSkills whether there are any, those of the image included
 */
record RunPlan(
    Optional<String> model,
    OptionalInt maxTurns,
    Optional<JsonNode> systemPrompt,
    Optional<String> appendSystemPrompt,
    Optional<List<String>> allowedTools,
    Optional<JsonNode> subagents,
    Optional<ObjectNode> mcpServers,
    Optional<JsonNode> outputSchema,
    Map<String, Map<String, byte[]>> skills,
    boolean hasSkills) {}
