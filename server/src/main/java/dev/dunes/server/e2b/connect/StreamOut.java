package dev.dunes.server.e2b.connect;

import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** The messages of an answer that is a stream. For one thread. */
public final class StreamOut {
  private static final byte[] NOTHING = {};

  private final Exchange exchange;
  private final Codec codec;
  private final Map<String, String> headers = new LinkedHashMap<>();
  private boolean begun;
  private byte[] kept = NOTHING;

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

  /** Sends a message; waits until the one before has left this process. */
  public void send(Message message) throws InterruptedException {
    byte[] frame = joined(kept, Frames.of(0, codec.write(message)));
    kept = NOTHING;
    if (begun) {
      exchange.writeSoon(frame);
    } else {
      begun = true;
      exchange.begin(200, headers, frame);
    }
  }

  /** A message that goes out together with what comes next, such as the end. */
  public void keep(Message message) {
    kept = joined(kept, Frames.of(0, codec.write(message)));
  }

  void end() throws InterruptedException {
    finish(Frames.of(Frames.END, Json.bytes(Json.object())));
  }

  void fail(ConnectException error) throws InterruptedException {
    finish(Frames.of(Frames.END, Json.bytes(Json.object().set("error", error.body()))));
  }

  private void finish(byte[] end) throws InterruptedException {
    byte[] last = joined(kept, end);
    if (begun) {
      exchange.end(last);
    } else {
      // As a whole: what the client still sends is dropped then.
      exchange.send(new Reply(200, headers, last));
    }
  }

  /** Sends the only message and the end. */
  void only(Message message) throws InterruptedException {
    keep(message);
    end();
  }

  private static byte[] joined(byte[] first, byte[] last) {
    if (first.length == 0) {
      return last;
    }
    byte[] both = Arrays.copyOf(first, first.length + last.length);
    System.arraycopy(last, 0, both, first.length, last.length);
    return both;
  }
}
