package dev.dunes.provider.daytona;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The log of a command as it grows. The next message is asked for when the last was taken. */
final class LogSocket implements WebSocket.Listener {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(30);

  private sealed interface Item {
    @SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
    record Bytes(byte[] bytes) implements Item {}

    record End() implements Item {}

    record Broken(Throwable cause) implements Item {}
  }

  /** Bounded by what was asked for: one message, and the end. */
  private final BlockingQueue<Item> items = new LinkedBlockingQueue<>();

  private @Nullable WebSocket socket;

  private LogSocket() {}

  static LogSocket open(HttpClient client, String address, Map<String, String> headers)
      throws IOException {
    LogSocket log = new LogSocket();
    WebSocket.Builder builder = client.newWebSocketBuilder().connectTimeout(CONNECT_LIMIT);
    headers.forEach(builder::header);
    try {
      log.socket =
          builder
              .buildAsync(URI.create(address.replaceFirst("^http", "ws")), log)
              .get(CONNECT_LIMIT.toSeconds(), TimeUnit.SECONDS);
      return log;
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("the log cannot be followed", e);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("connecting to the log of a command", e);
    }
  }

  /** The next bytes; empty at the end. */
  Optional<byte[]> next() throws IOException {
    try {
      return switch (items.take()) {
        case Item.Bytes(byte[] bytes) -> {
          WebSocket open = socket;
          if (open != null) {
            open.request(1);
          }
          yield Optional.of(bytes);
        }
        case Item.End _ -> {
          items.add(new Item.End());
          yield Optional.empty();
        }
        case Item.Broken(Throwable cause) -> throw new IOException("the log broke off", cause);
      };
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("reading the log of a command", e);
    }
  }

  void close() {
    WebSocket open = socket;
    if (open != null) {
      open.abort();
    }
    items.add(new Item.Broken(new IOException("it was let go")));
  }

  // ---- what comes ----

  @Override
  public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    items.add(new Item.Bytes(bytes));
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
    from.request(1);
    return null;
  }

  @Override
  public @Nullable CompletionStage<?> onClose(WebSocket from, int status, String reason) {
    items.add(
        status == WebSocket.NORMAL_CLOSURE
            ? new Item.End()
            : new Item.Broken(new IOException("it was closed with " + status)));
    return null;
  }

  @Override
  public void onError(WebSocket from, Throwable cause) {
    items.add(new Item.Broken(cause));
  }
}
