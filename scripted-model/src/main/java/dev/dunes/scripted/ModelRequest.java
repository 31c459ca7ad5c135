package dev.dunes.scripted;

import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What matters of a request, whichever protocol carried it.
 *
 * @param schema of the answer, when the request asks for JSON
 * @param probe whether only one token is asked for, to see whether the model is there
 */
record ModelRequest(
    String model,
    boolean stream,
    Transcript transcript,
    List<OfferedTool> tools,
    Optional<JsonNode> schema,
    boolean probe) {}
