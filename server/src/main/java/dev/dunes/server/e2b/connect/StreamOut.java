package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The messages of an answer that is a stream. For one thread. */
public final class StreamOut {
  private final Exchange exchange;
  private final Codec codec;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private boolean begun;

  StreamOut(Exchange exchange, Codec codec, Map<String, String> more) {
    this.exchange = exchange;
    this.codec = codec;
    headers.putAll(more);
    headers.put("content-type", codec.contentType(true));
    headers.put("cache-control", "no-cache");
    headers.put("x-accel-buffering", "no");
  }

  /** A header of the answer, before the first message. */
  public void header(String name, String value) {
    headers.put(name, value);
  }

  /** Sends a message; waits until it has left this process. */
  public void send(Message message) throws InterruptedException {
    begin();
    exchange.write(Frames.of(0, codec.write(message)));
  }

  private void begin() throws InterruptedException {
    if (!begun) {
      begun = true;
      exchange.begin(200, headers);
    }
  }

  void end() throws InterruptedException {
    begin();
    exchange.write(Frames.of(Frames.END, Json.bytes(Json.object())));
    exchange.end();
  }

  void fail(ConnectException error) throws InterruptedException {
    byte[] frame = Frames.of(Frames.END, Json.bytes(Json.object().set("error", error.body())));
    if (begun) {
      exchange.write(frame);
      exchange.end();
    } else {
      // As a whole: what the client still sends is dropped then.
      exchange.send(new Reply(200, headers, frame));
    }
  }

  /** Sends the only message and the end. */
  void only(Message message) throws InterruptedException {
    byte[] first = Frames.of(0, codec.write(message));
    byte[] last = Frames.of(Frames.END, Json.bytes(Json.object()));
    byte[] both = Arrays.copyOf(first, first.length + last.length);
    System.arraycopy(last, 0, both, first.length, last.length);
    exchange.send(new Reply(200, headers, both));
  }
}
