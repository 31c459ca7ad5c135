package dev.dunes.provider.cloudflare;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.SandboxException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Objects;

/**
 * The bytes that a program writes to its standard output as base64 without line ends. The stream
 * ends only when the program has succeeded.
 */
final class DecodedOutput extends InputStream {
  private static final int GROUP = 4;

  private final ExecEvents events;
  private final CloudflareSandbox sandbox;
  private byte[] rest = {};
  private byte[] chunk = {};
  private int position;
  private boolean begun;
  private boolean over;

  DecodedOutput(ExecEvents events, CloudflareSandbox sandbox) {
    this.events = events;
    this.sandbox = sandbox;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    if (length == 0) {
      return 0;
    }
    while (position == chunk.length) {
      if (over) {
        return -1;
      }
      chunk = decode(begun ? more() : first());
      position = 0;
    }
    int count = Math.min(length, chunk.length - position);
    System.arraycopy(chunk, position, target, offset, count);
    position += count;
    return count;
  }

  /** As much as is whole now. */
  private byte[] decode(byte[] more) throws IOException {
    byte[] all = Arrays.copyOf(rest, rest.length + more.length);
    System.arraycopy(more, 0, all, rest.length, more.length);
    int whole = over ? all.length : all.length - all.length % GROUP;
    rest = Arrays.copyOfRange(all, whole, all.length);
    try {
      return Base64.getDecoder().decode(Arrays.copyOf(all, whole));
    } catch (IllegalArgumentException e) {
      throw wrapped(sandbox.broken(new IOException("a file could not be read to its end", e)));
    }
  }

  /** Enough to see whether the program has run at all. */
  private byte[] first() throws IOException {
    begun = true;
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    while (!over && head.size() <= Gate.GONE.length()) {
      head.writeBytes(more());
      if (head.toString(StandardCharsets.UTF_8).startsWith(Gate.GONE)) {
        throw wrapped(sandbox.lost());
      }
    }
    return head.toByteArray();
  }

  /** Some of it; nothing when it is over. */
  private byte[] more() throws IOException {
    try {
      while (true) {
        switch (events.next()) {
          case ExecEvents.Output out when out.channel() == Channel.STDOUT -> {
            return out.data();
          }
          case ExecEvents.Output _ -> {} // what it says when it fails is its exit code to us
          case ExecEvents.Exit exit when exit.code() == 0 -> {
            over = true;
            return new byte[0];
          }
          case ExecEvents.Exit exit ->
              throw new IOException("reading ended with exit code " + exit.code());
          case ExecEvents.Failed failed -> throw failed.problem();
        }
      }
    } catch (IOException e) {
      throw wrapped(sandbox.broken(e));
    }
  }

  private static IOException wrapped(SandboxException why) {
    return new IOException(why.getMessage(), why);
  }

  @Override
  public void close() {
    events.close();
  }
}
