package dev.dunes.guest;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxFileException;
import dev.dunes.sandbox.SandboxFileException.Reason;
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
  private final boolean archive;
  private volatile boolean opened;

  private GuestWrite(String path, boolean archive) {
    this.path = path;
    this.archive = archive;
    this.opened = archive;
  }

  /** The contents of a file, which the guest opens first. */
  static GuestWrite file(String path) {
    return new GuestWrite(path, false);
  }

  /** An archive to be unpacked, which the guest takes without saying so. */
  static GuestWrite archive(String path) {
    return new GuestWrite(path, true);
  }

  /** Waits until the guest has opened the file. */
  void awaitOpened(Duration limit) {
    if (!awaitUntil(() -> opened || doneUnderLock(), limit)) {
      cancel();
      throw SandboxTimeoutException.after(limit);
    }
    throwIfFailed(path);
  }

  /** A stream that takes the contents; complete when it was closed normally. */
  OutputStream stream() {
    return new Contents();
  }

  /** Sends bytes. They must not be changed afterwards. */
  void send(byte[] bytes, int length) {
    if (!sendData(bytes, 0, length)) {
      throwIfFailed(path);
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

  @Override
  void onResult(PayloadReader payload) throws GuestProtocolException {
    payload.u64();
    if (!opened) {
      throw new GuestProtocolException("the end of a file that was not opened");
    }
  }

  /** Of an archive the guest says INVALID when an entry would land outside, or it is none. */
  @Override
  SandboxException refusal(GuestError cause, String subject) {
    return archive && cause.code() == ErrorCode.INVALID
        ? new SandboxFileException(
            Reason.UNSAFE_ARCHIVE, subject, subject + ": " + cause.message(), ErrorDetails.NONE)
        : super.refusal(cause, subject);
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
