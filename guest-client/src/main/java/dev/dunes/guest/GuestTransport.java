package dev.dunes.guest;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/** A duplex channel of bytes to a guest. Read by one thread and written by one thread at a time. */
public interface GuestTransport extends Closeable {
  /** Reads at least one byte; −1 at the end. */
  int read(ByteBuffer target) throws IOException;

  /** Writes all bytes of all buffers, in order. */
  void write(ByteBuffer[] buffers) throws IOException;

  /** Over a connected socket. */
  static GuestTransport over(SocketChannel socket) {
    return new GuestTransport() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        return socket.read(target);
      }

      @Override
      public void write(ByteBuffer[] buffers) throws IOException {
        int first = 0;
        while (first < buffers.length) {
          socket.write(buffers, first, buffers.length - first);
          while (first < buffers.length && !buffers[first].hasRemaining()) {
            first++;
          }
        }
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    };
  }

  /** Over the standard streams of a process, such as a container exec. */
  static GuestTransport over(InputStream in, OutputStream out) {
    return new GuestTransport() {
      @Override
      public int read(ByteBuffer target) throws IOException {
        byte[] bytes = new byte[Math.min(target.remaining(), 1 << 16)];
        int count = in.read(bytes);
        if (count > 0) {
          target.put(bytes, 0, count);
        }
        return count;
      }

      @Override
      public void write(ByteBuffer[] buffers) throws IOException {
        for (ByteBuffer buffer : buffers) {
          byte[] bytes = new byte[buffer.remaining()];
          buffer.get(bytes);
          out.write(bytes);
        }
        out.flush();
      }

      @Override
      public void close() throws IOException {
        try (in;
            out) {
          // both are closed, whichever fails
        }
      }
    };
  }
}
