package dev.dunes.guest;

import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/** Contents on their way into a sandbox: a file or a tar. */
final class GuestWrite extends GuestStream {
  private static final int OPENED = 2;

  /** How long a guest may take to store what was sent once everything was. */
  private static final Duration FINISH_LIMIT = Duration.ofMinutes(10);

  private final String path;
  private volatile boolean opened;

  GuestWrite(String path) {
    this.path = path;
  }

  /** Waits until the guest has opened the file. */
  void awaitOpened(Duration limit) {
    if (!awaitUntil(() -> opened || doneUnderLock(), limit)) {
      cancel();
      throw SandboxTimeoutException.after(limit);
    }
    throwIfFailed();
  }

  /** A stream that takes the contents; complete when it was closed normally. */
  OutputStream stream() {
    return new Contents();
  }

  /** Sends bytes. They must not be changed afterwards. */
  void send(byte[] bytes, int length) {
    if (!sendData(bytes, 0, length)) {
      throwIfFailed();
      throw new ProviderException("the guest ended the write of " + path + " early");
    }
  }

  /** Ends the contents and waits until they are stored. */
  void finish() {
    sendEof();
    await(FINISH_LIMIT, path);
  }

  @Override
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    if (kind != OPENED || opened) {
      throw new GuestProtocolException("event " + kind + " of a file being written");
    }
    GuestEntries.read(payload);
    opened = true;
    wake();
  }

  private void throwIfFailed() {
    GuestError error = error();
    if (error != null) {
      throw GuestErrors.exception(error, path);
    }
    SandboxException lost = lost();
    if (lost != null) {
      throw lost;
    }
  }

  private final class Contents extends OutputStream {
    private boolean closed;

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (closed) {
        throw new IOException(path + ": the stream is closed");
      }
      byte[] copy = new byte[length];
      System.arraycopy(bytes, offset, copy, 0, length);
      try {
        send(copy, length);
      } catch (SandboxException e) {
        throw new IOException(e.getMessage(), e);
      }
    }

    @Override
    public void close() throws IOException {
      if (closed) {
        return;
      }
      closed = true;
      try {
        finish();
      } catch (SandboxException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
