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
  private final OutputQueue contents =
      new OutputQueue((channel, bytes) -> consumed(1, bytes));
  private volatile boolean opened;

  GuestRead(String path) {
    this.path = path;
  }

  /** The stream, once the guest has opened the file. */
  InputStream open(Duration limit) {
    if (!awaitUntil(() -> opened || doneUnderLock(), limit)) {
      cancel();
      throw SandboxTimeoutException.after(limit);
    }
    GuestError error = error();
    if (!opened && error != null) {
      throw GuestErrors.exception(error, path);
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
    if (channel != 1) {
      throw new GuestProtocolException("contents on channel " + channel);
    }
    contents.add(Channel.STDOUT, data);
  }

  @Override
  void onDone() {
    // only the result says that the contents are complete, so the end of the channel alone ends nothing
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
