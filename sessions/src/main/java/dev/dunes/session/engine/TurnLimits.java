package dev.dunes.session.engine;

import java.time.Duration;

/**
 * How long things may take.
 *
 * @param turn how long a turn may take
 * @param quiet how long a turn may go without any progress
 * @param start how long an agent may take to start, once its sandbox is there
 * @param idle how long a sandbox is kept without a turn
 */
public record TurnLimits(Duration turn, Duration quiet, Duration start, Duration idle) {}
