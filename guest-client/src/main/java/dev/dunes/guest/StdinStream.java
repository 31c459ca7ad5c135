package dev.dunes.guest;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** A command's standard input. */
final class StdinStream extends OutputStream {
  private final GuestCommand command;
  private volatile boolean closed;
  private volatile @Nullable Thread feeder;

  StdinStream(GuestCommand command) {
    this.command = command;
  }

  /**
   * Sends bytes and then end of file; from a thread of its own when they are more than the guest
   * takes at once.
   */
  void feed(byte[] bytes) {
    if (bytes.length <= GuestStream.WINDOW) {
      sendAll(bytes);
    } else {
      feeder = Thread.ofVirtual().name("guest-stdin").start(() -> feedAll(bytes));
    }
  }

  private void feedAll(byte[] bytes) {
    try {
      sendAll(bytes);
    } catch (SandboxInterruptedException e) {
      closed = true; // the command was closed while its input was still on the way
    }
  }

  private void sendAll(byte[] bytes) {
    // a command that ends without reading its input is not an error, and a lost connection is told
    // by its output
    if (command.sendData(bytes, 0, bytes.length)) {
      command.sendEof();
    }
    closed = true;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    if (!command.takesInput()) {
      throw new IOException("the command was started without an open standard input");
    }
    if (closed) {
      throw new IOException("standard input is closed");
    }
    byte[] copy = new byte[length];
    System.arraycopy(bytes, offset, copy, 0, length);
    boolean sent;
    try {
      sent = command.sendData(copy, 0, length);
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
    if (!sent) {
      throw new IOException("the command has ended");
    }
  }

  @Override
  public void close() {
    if (!closed && command.takesInput()) {
      closed = true;
      command.sendEof();
    }
  }

  /** Nothing more will be sent. */
  void abandon() {
    closed = true;
    Thread running = feeder;
    if (running != null) {
      running.interrupt();
    }
  }
}
