package dev.dunes.sandbox;

/**
 * What a {@link SandboxPool} has done and holds.
 *
 * @param created sandboxes made
 * @param destroyed sandboxes destroyed
 * @param reused times an idle one was handed out again
 * @param timeouts times nobody gave one back in time
 * @param errors sandboxes that could not be made
 * @param total sandboxes held
 * @param idle of these, waiting
 * @param busy of these, handed out
 */
public record PoolStats(
    long created,
    long destroyed,
    long reused,
    long timeouts,
    long errors,
    int total,
    int idle,
    int busy) {}
