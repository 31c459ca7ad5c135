package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Contents of a small file that are kept until all are there, then sent: for vendors who take a
 * file as a whole, so that it can be sent again. To be used under a {@link PartedPut}.
 */
public final class BufferedPut extends FilePut {
  private final Consumer<List<byte[]>> sender;
  private final List<byte[]> pieces = new ArrayList<>();
  private boolean closed;

  /**
   * @param sender sends all of it; throws a {@link SandboxException} when it has not arrived
   */
  public BufferedPut(Consumer<List<byte[]>> sender) {
    this.sender = sender;
  }

  @Override
  public void write(int value) {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    if (length > 0) {
      pieces.add(Arrays.copyOfRange(bytes, offset, offset + length));
    }
  }

  @Override
  public void cancel() {
    closed = true;
    pieces.clear();
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try {
      sender.accept(pieces);
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
