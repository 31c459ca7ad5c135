package dev.dunes.guest;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.OutputQueue;
import java.io.InputStream;
import java.time.Duration;

/** A TCP connection inside a sandbox. */
final class GuestDial extends GuestStream {
  private static final int CONNECTED = 5;
  private static final Duration LIMIT = Duration.ofSeconds(30);

  private final OutputQueue received = new OutputQueue((channel, bytes) -> consumed(1, bytes));
  private volatile boolean connected;

  /** Whether something listened. */
  boolean awaitConnected() {
    return awaitUntil(() -> connected || doneUnderLock(), LIMIT) && connected;
  }

  /** Waits for the outcome once both directions have ended; false when one of them broke off. */
  boolean endedWell() {
    return awaitDone(LIMIT) && error() == null && lost() == null;
  }

  InputStream received() {
    return received.stream(Channel.STDOUT);
  }

  @Override
  void onEvent(int kind, PayloadReader payload) throws GuestProtocolException {
    if (kind != CONNECTED || connected) {
      throw new GuestProtocolException("event " + kind + " of a connection");
    }
    connected = true;
    wake();
  }

  @Override
  void onData(int channel, byte[] data) throws GuestProtocolException {
    if (channel != 1 || !connected) {
      throw new GuestProtocolException("contents on channel " + channel);
    }
    received.add(Channel.STDOUT, data);
  }

  @Override
  void onEof(int channel) {
    received.end(Channel.STDOUT);
  }

  @Override
  void onDone() {
    SandboxException lost = lost();
    GuestError error = error();
    if (lost != null) {
      received.fail(lost);
    } else if (error != null) {
      received.fail(
          new ProviderException("the connection inside the sandbox broke: " + error.message()));
    }
    received.end();
    wake();
  }
}
