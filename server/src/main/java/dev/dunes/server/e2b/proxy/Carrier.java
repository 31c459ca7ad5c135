package dev.dunes.server.e2b.proxy;

import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Header;
import dev.dunes.server.http.Tunnel;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/** Carries one request to a program and its answer back. */
final class Carrier {
  private static final int BUFFER = 32 << 10;

  /** How long a program that has answered may still read what it was sent. */
  private static final Duration REST_OF_BODY = Duration.ofSeconds(1);

  private final Exchange exchange;
  private final PortCall call;
  private final Socket socket;
  private final Admission admission;
  private final Predicate<String> ownKey;

  Carrier(
      Exchange exchange,
      PortCall call,
      Socket socket,
      Admission admission,
      Predicate<String> ownKey) {
    this.exchange = exchange;
    this.call = call;
    this.socket = socket;
    this.admission = admission;
    this.ownKey = ownKey;
  }

  /**
   * @throws IOException when the program breaks off, or answers what is no HTTP
   */
  void run() throws IOException, InterruptedException {
    RequestHead request = RequestHead.of(exchange, call, ownKey);
    OutputStream out = socket.getOutputStream();
    out.write(request.bytes());
    out.flush();
    Thread sender =
        Thread.ofVirtual().name("carry-" + exchange.id()).unstarted(() -> send(request, out));
    boolean body = request.body() != RequestHead.BodyKind.NONE;
    if (body) {
      sender.start();
    }
    try (InputStream in = new BufferedInputStream(socket.getInputStream(), BUFFER)) {
      AnswerHead answer = AnswerHead.read(in, request.upgrade());
      if (answer.status() == 101) {
        upgrade(answer, in, out);
        return;
      }
      List<Header> headers = new ArrayList<>(answer.passedOn());
      admission.cookie().ifPresent(cookie -> headers.add(new Header("set-cookie", cookie)));
      exchange.begin(answer.status(), headers);
      if (!exchange.method().equals("HEAD")) {
        copy(answer.body(in));
      }
      // A body that was read to its end leaves a connection that can be used again.
      if (body && !sender.join(REST_OF_BODY)) {
        socket.close();
      }
      exchange.end();
    } finally {
      if (body) {
        socket.close(); // which ends the sender
        sender.interrupt();
        sender.join();
      }
    }
  }

  private void copy(InputStream body) throws IOException, InterruptedException {
    byte[] buffer = new byte[BUFFER];
    for (int count = body.read(buffer); count >= 0; count = body.read(buffer)) {
      exchange.write(Arrays.copyOf(buffer, count));
    }
  }

  private void send(RequestHead request, OutputStream out) {
    try (InputStream body = exchange.bodyStream(Long.MAX_VALUE)) {
      OutputStream framed =
          request.body() == RequestHead.BodyKind.CHUNKED ? new ChunkedOutput(out) : out;
      body.transferTo(framed);
      if (framed instanceof ChunkedOutput chunked) {
        chunked.finish();
      }
      out.flush();
    } catch (IOException e) {
      // Either the client has left, or the program wants no more: it may still answer.
      closeIfCut();
    }
  }

  private void closeIfCut() {
    if (exchange.gone()) {
      try {
        socket.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private void upgrade(AnswerHead answer, InputStream in, OutputStream out)
      throws IOException, InterruptedException {
    Tunnel client = exchange.tunnel(answer.upgraded());
    Thread outwards =
        Thread.ofVirtual()
            .name("tunnel-" + exchange.id())
            .start(() -> {
              try (OutputStream program = out) {
                client.input().transferTo(program);
              } catch (IOException e) {
                closeIfCut();
              }
            });
    try {
      byte[] buffer = new byte[BUFFER];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        client.write(Arrays.copyOf(buffer, count));
      }
    } finally {
      client.close();
      socket.close();
      outwards.interrupt();
      outwards.join();
    }
  }
}
