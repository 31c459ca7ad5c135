package dev.dunes.sandbox;

/**
 * What a {@link ConnectionPool} has done and holds.
 *
 * @param totalCreated sandboxes made
 * @param totalConnections sandboxes held
 * @param idleConnections of these, released
 * @param activeConnections of these, in use
 */
public record ConnectionMetrics(
    long totalCreated, int totalConnections, int idleConnections, int activeConnections) {}
