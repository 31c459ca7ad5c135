package dev.dunes.guest;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.FilterInputStream;
import java.io.InputStream;
import java.time.Duration;

/** Contents on their way out of a sandbox: a file or a tar. */
final class GuestRead extends GuestStream {
  private static final int OPENED = 2;

  private final String path;
  private final OutputQueue contents = new OutputQueue((channel, bytes) -> consumed(1, bytes));
  private volatile boolean opened;

  private GuestRead(String path, boolean opened) {
    this.path = path;
    this.opened = opened;
  }

  /** The contents of a file, announced by an event. */
  static GuestRead file(String path) {
    return new GuestRead(path, false);
  }

  /** A directory as an archive, which comes without an event. */
  static GuestRead archive(String path) {
    return new GuestRead(path, true);
  }

  /** The stream, once the guest has opened the file. */
  InputStream open(Duration limit) {
    if (!awaitUntil(() -> opened || doneUnderLock(), limit)) {
      cancel();
      throw SandboxTimeoutException.after(limit);
    }
    if (!opened) {
      throwIfFailed(path);
    }
    return stream();
  }

  /** The stream, for operations without an opening event. */
  InputStream stream() {
    return new FilterInputStream(contents.stream(Channel.STDOUT)) {
      @Override
      public void close() {
        cancel();
      }
    };
  }

  @Override
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    if (kind != OPENED || opened) {
      throw new GuestProtocolException("event " + kind + " of a file being read");
    }
    GuestEntries.read(payload);
    opened = true;
    wake();
  }

  @Override
  void onData(int channel, byte[] data) throws GuestProtocolException {
    if (channel != 1 || !opened) {
      throw new GuestProtocolException(
          "contents on channel " + channel + ", or before their file was opened");
    }
    contents.add(Channel.STDOUT, data);
  }

  @Override
  void onResult(PayloadReader payload) throws GuestProtocolException {
    payload.u64();
    if (!opened) {
      throw new GuestProtocolException("the end of a file that was not opened");
    }
  }

  @Override
  void onDone() {
    // only the result says that the contents are complete, so the end of the channel alone ends
    // nothing
    SandboxException lost = lost();
    GuestError error = error();
    if (lost != null) {
      contents.fail(lost);
    } else if (error != null) {
      contents.fail(GuestErrors.exception(error, path));
    }
    contents.end();
    wake();
  }
}
