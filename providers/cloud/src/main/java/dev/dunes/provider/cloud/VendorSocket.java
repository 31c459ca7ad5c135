package dev.dunes.provider.cloud;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket of a command at a vendor. The next message is asked for when the last was taken, so
 * that nobody's output piles up here.
 */
public final class VendorSocket implements WebSocket.Listener, AutoCloseable {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(30);
  private static final int LONGEST_TEXT = 64 << 10;

  /** What comes. */
  public sealed interface Message {
    /**
     * Bytes of a frame; a long one comes in parts.
     *
     * @param first whether a frame begins here
     */
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Bytes(byte[] bytes, boolean first) implements Message {}

    /** A whole message; the end of one of more than 64 Ki characters is left out. */
    record Text(String text) implements Message {}

    /** It was closed properly, with this status. */
    record End(int status) implements Message {}

    /** It broke, or was let go. */
    record Broken(Throwable cause) implements Message {}
  }

  /** Bounded by what was asked for: one message, and the end. */
  private final BlockingQueue<Message> messages = new LinkedBlockingQueue<>();

  private final ReentrantLock sending = new ReentrantLock();
  private final StringBuilder text = new StringBuilder();
  private boolean inFrame;
  private volatile @Nullable WebSocket socket;
  private volatile boolean abandoned;

  private VendorSocket() {}

  /**
   * Connects within 30 seconds. Throws what the client throws when it is refused: who asks knows
   * what the status means.
   *
   * @param protocols subprotocols it offers
   */
  public static VendorSocket open(
      HttpClient client, URI address, Map<String, String> headers, String... protocols)
      throws IOException {
    VendorSocket opened = new VendorSocket();
    WebSocket.Builder builder = client.newWebSocketBuilder().connectTimeout(CONNECT_LIMIT);
    headers.forEach(builder::header);
    if (protocols.length > 0) {
      builder.subprotocols(protocols[0], Arrays.copyOfRange(protocols, 1, protocols.length));
    }
    try {
      opened.socket =
          builder.buildAsync(address, opened).get(CONNECT_LIMIT.toSeconds(), TimeUnit.SECONDS);
      return opened;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException known ? known : new IOException(e.getCause());
    } catch (TimeoutException e) {
      opened.abandon();
      throw new IOException("no connection within %d s".formatted(CONNECT_LIMIT.toSeconds()), e);
    } catch (InterruptedException e) {
      opened.abandon();
      throw new SandboxInterruptedException("connecting to a command", e);
    }
  }

  /** It may still come about. */
  private void abandon() {
    abandoned = true;
    close();
  }

  /** The next message; blocks. The end and a break are given again and again. */
  public Message next() {
    try {
      Message message = messages.take();
      WebSocket open = socket;
      switch (message) {
        case Message.Bytes _, Message.Text _ -> {
          if (open != null) {
            open.request(1);
          }
        }
        case Message.End _, Message.Broken _ -> messages.add(message);
      }
      return message;
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("reading from a command", e);
    }
  }

  /** Blocks until it was taken from here. */
  public void send(byte[] frame) throws IOException {
    send(open -> open.sendBinary(ByteBuffer.wrap(frame), true));
  }

  /** The same with text. */
  public void send(String message) throws IOException {
    send(open -> open.sendText(message, true));
  }

  private interface Sending {
    CompletableFuture<WebSocket> to(WebSocket open);
  }

  private void send(Sending one) throws IOException {
    WebSocket open = socket;
    if (open == null) {
      throw new IOException("not connected");
    }
    sending.lock();
    try {
      one.to(open).get();
    } catch (ExecutionException e) {
      throw new IOException("the command takes nothing more", e);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("writing to a command", e);
    } finally {
      sending.unlock();
    }
  }

  /** Lets go of it; whoever waits for a message gets {@link Message.Broken}. */
  @Override
  public void close() {
    WebSocket open = socket;
    if (open != null) {
      open.abort();
    }
    messages.add(new Message.Broken(new IOException("it was let go")));
  }

  // ---- what comes ----

  @Override
  public void onOpen(WebSocket opened) {
    socket = opened;
    if (abandoned) {
      opened.abort();
    } else {
      opened.request(1);
    }
  }

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    if (bytes.length == 0 && !last) {
      from.request(1);
      return null;
    }
    messages.add(new Message.Bytes(bytes, !inFrame));
    inFrame = !last;
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    if (text.length() + data.length() <= LONGEST_TEXT) {
      text.append(data);
    }
    if (last) {
      messages.add(new Message.Text(text.toString()));
      text.setLength(0);
    } else {
      from.request(1);
    }
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
    messages.add(new Message.End(status));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable cause) {
    messages.add(new Message.Broken(cause));
  }
}
