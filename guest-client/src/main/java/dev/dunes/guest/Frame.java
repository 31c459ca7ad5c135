package dev.dunes.guest;

/**
 * A frame as it stands on the wire, its payload not yet interpreted.
 *
 * @param type see {@link FrameType}; any byte
 * @param stream any 32 bits
 * @param payload at most {@link FrameReader#MAX_PAYLOAD} bytes
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
record Frame(int type, int stream, byte[] payload) {}
