package dev.dunes.gateway.cassette;

/**
 * Bytes that came at once.
 *
 * @param millis after the request was sent
 */
public record Chunk(long millis, byte[] bytes) {}
