package dev.dunes.server.http;

import java.time.Duration;

/**
 * How long streams of events may be silent or stuck.
 *
 * @param pingEvery how often a silent stream of a run says that it is alive
 * @param heartbeatEvery the same under {@code /v1}
 * @param stallAfter how long a client of a stream under {@code /v1} may take no byte; then it is
 *     cut off. Agent API, sheet 4.1
 */
public record StreamTimes(Duration pingEvery, Duration heartbeatEvery, Duration stallAfter) {}
