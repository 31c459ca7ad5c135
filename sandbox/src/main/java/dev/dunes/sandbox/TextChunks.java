package dev.dunes.sandbox;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Decodes chunks as UTF-8 without breaking characters that cross a chunk's edge, per channel. */
final class TextChunks implements Iterator<String> {
  private final Iterator<OutputChunk> chunks;
  private final Map<Channel, Tail> tails = new EnumMap<>(Channel.class);
  private @Nullable String next;

  TextChunks(Iterator<OutputChunk> chunks) {
    this.chunks = chunks;
  }

  @Override
  public boolean hasNext() {
    while (next == null && chunks.hasNext()) {
      OutputChunk chunk = chunks.next();
      String text = tail(chunk.channel()).decode(chunk.data(), false);
      next = text.isEmpty() ? null : text;
    }
    for (Channel channel : Channel.values()) {
      if (next == null && tails.containsKey(channel)) {
        String text = tail(channel).decode(new byte[0], true);
        tails.remove(channel);
        next = text.isEmpty() ? null : text;
      }
    }
    return next != null;
  }

  @Override
  public String next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the command has ended");
    }
    String text = next;
    next = null;
    return text;
  }

  private Tail tail(Channel channel) {
    return tails.computeIfAbsent(channel, c -> new Tail());
  }

  private static final class Tail {
    private final CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPLACE)
            .onUnmappableCharacter(CodingErrorAction.REPLACE);
    private byte[] rest = new byte[0];

    String decode(byte[] data, boolean end) {
      ByteBuffer in = ByteBuffer.allocate(rest.length + data.length).put(rest).put(data).flip();
      CharBuffer out = CharBuffer.allocate(in.remaining() + 2);
      decoder.decode(in, out, end);
      if (end) {
        decoder.flush(out);
      }
      rest = new byte[in.remaining()];
      in.get(rest);
      return out.flip().toString();
    }
  }
}
