package dev.dunes.server.e2b.proxy;

import dev.dunes.server.http.ByteSocket;
import dev.dunes.server.http.Exchange;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Carries bytes between a client and a program in a sandbox. Each of the two may end its own
 * direction while the other goes on.
 */
public final class TcpCarrier {
  private static final int BUFFER = 32 << 10;

  /** How long a client may be silent once the program has said that it sends no more. */
  private static final Duration REST = Duration.ofSeconds(60);

  private final ByteSocket client;
  private final Socket program;
  private final CountDownLatch clientEnded = new CountDownLatch(1);
  private volatile long heard = System.nanoTime();

  private TcpCarrier(ByteSocket client, Socket program) {
    this.client = client;
    this.program = program;
  }

  /** Makes a WebSocket of the request, and carries until both have ended or one has gone. */
  public static void carry(Exchange exchange, Socket program) throws InterruptedException {
    try (ByteSocket client = exchange.byteSocket()) {
      new TcpCarrier(client, program).run(exchange.id());
    }
  }

  private void run(String id) throws InterruptedException {
    Thread inwards = Thread.ofVirtual().name("tcp-" + id).start(this::inwards);
    try {
      outwards();
    } catch (IOException e) {
      client.breakOff("the program in the sandbox broke off");
    } finally {
      close();
      inwards.interrupt();
      inwards.join();
    }
  }

  private void outwards() throws IOException, InterruptedException {
    InputStream in = program.getInputStream();
    byte[] buffer = new byte[BUFFER];
    for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
      if (count > 0) {
        client.send(Arrays.copyOf(buffer, count));
      }
    }
    client.send(new byte[0]);
    long silent = System.nanoTime() - heard;
    while (!clientEnded.await(REST.toNanos() - silent, TimeUnit.NANOSECONDS)) {
      silent = System.nanoTime() - heard;
      if (silent >= REST.toNanos()) {
        throw new IOException("the client says nothing, and does not end");
      }
    }
  }

  private void inwards() {
    try {
      OutputStream out = program.getOutputStream();
      for (Optional<byte[]> next = client.receive(); next.isPresent(); next = client.receive()) {
        heard = System.nanoTime();
        if (next.get().length > 0) {
          out.write(next.get());
        } else if (!program.isOutputShutdown()) {
          program.shutdownOutput();
          clientEnded.countDown();
        }
      }
      close(); // the client has gone: whoever waits for the program waits no more
    } catch (IOException e) {
      client.breakOff("the program in the sandbox takes no more");
      close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // all is carried
    } finally {
      clientEnded.countDown();
    }
  }

  private void close() {
    try {
      program.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
