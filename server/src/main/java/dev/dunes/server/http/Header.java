package dev.dunes.server.http;

/**
 * A line of a head.
 *
 * @param name as it was sent
 * @param value without the space around it; its characters are its bytes
 */
public record Header(String name, String value) {}
