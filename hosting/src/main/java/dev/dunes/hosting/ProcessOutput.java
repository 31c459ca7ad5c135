package dev.dunes.hosting;

import dev.dunes.sandbox.Channel;

/**
 * Some bytes a process wrote.
 *
 * @param channel where
 * @param offset of the first byte among all of the channel
 * @param data the bytes; not copied
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record ProcessOutput(Channel channel, long offset, byte[] data) {}
