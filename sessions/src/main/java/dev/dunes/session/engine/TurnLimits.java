package dev.dunes.session.engine;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param turn how long a turn may take
 * @param quiet how long a turn may go without any progress
 * @param idle how long a sandbox is kept without a turn
 */
public record TurnLimits(Duration turn, Duration quiet, Duration idle) {}
