package dev.dunes.scripted;

import java.util.List;
import java.util.Map;

/**
 * A request that the scripted model got, kept in memory only: bodies hold vendors' system prompts.
 *
 * @param method such as {@code POST}
 * @param path with its query
 * @param headers by name in lower case
 * @param body decoded
 * @param scenario the script that answered, or empty
 * @param step which step of it answered, from 0
 * @param aborted whether the client left before the answer was complete
 */
public record RecordedRequest(
    String method,
    String path,
    Map<String, List<String>> headers,
    byte[] body,
    String scenario,
    int step,
    boolean aborted) {}
