package dev.dunes.provider.cloud;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Vendors that hold a connection and do nothing: nobody waits for them for ever. */
@Timeout(60)
class StillVendorTest {
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration LONG = Duration.ofSeconds(50);
  private static final int PIECE = 1 << 20;

  /** More than every buffer between the two ends takes. */
  private static final int MOST_PIECES = 256;

  /** What a vendor does with a connection, until it is closed. */
  private interface Manner {
    void with(InputStream in, OutputStream out) throws IOException, InterruptedException;
  }

  private final Queue<AutoCloseable> toClose = new ConcurrentLinkedQueue<>();
  private final CountDownLatch over = new CountDownLatch(1);
  private final CountDownLatch gone = new CountDownLatch(1);
  private final CloudHttp http =
      new CloudHttp("vendor", "VENDOR_KEY", new Secrets(), (status, body) -> body);

  @AfterEach
  void close() throws Exception {
    over.countDown();
    http.close();
    for (AutoCloseable each : toClose) {
      each.close();
    }
  }

  private CloudCall vendor(String method, Manner manner) throws IOException {
    ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    toClose.add(server);
    Thread.ofVirtual()
        .start(() -> {
          try (Socket socket = server.accept()) {
            manner.with(socket.getInputStream(), socket.getOutputStream());
            over.await();
          } catch (IOException e) {
            gone.countDown(); // the other side has let go of it
          } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts it", e);
          }
        });
    return CloudCall.of(method, URI.create("http://127.0.0.1:%d/".formatted(server.getLocalPort())))
        .about("the-sandbox");
  }

  private HttpPut put(Duration limit, Manner manner) throws IOException {
    return new HttpPut(http, vendor("PUT", manner), in -> in, limit);
  }

  private static void assertStill(ThrowingCallable call, String what) {
    assertThatThrownBy(call)
        .isInstanceOf(IOException.class)
        .cause()
        .isInstanceOfSatisfying(
            SandboxTimeoutException.class,
            thrown -> {
              assertThat(thrown).hasMessageContaining("vendor " + what);
              assertThat(thrown.remedy()).isPresent();
              assertThat(thrown.sandboxId()).hasValue("the-sandbox");
            });
  }

  private static void fill(HttpPut put) throws IOException {
    for (int i = 0; i < MOST_PIECES; i++) {
      put.write(new byte[PIECE]);
    }
  }

  private static void ok(OutputStream out) throws IOException {
    out.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads a body in chunks, whose last is empty. */
  private static void readAll(InputStream in) throws IOException {
    StringBuilder end = new StringBuilder();
    while (!end.toString().endsWith("\r\n0\r\n\r\n")) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the body ended early");
      }
      end.append((char) next);
      if (end.length() > 64) {
        end.delete(0, 32);
      }
    }
  }

  @Test
  void aVendorThatReadsNothingIsGivenUp() throws IOException {
    HttpPut put = put(SHORT, (in, out) -> {});

    assertStill(() -> fill(put), "took no more of a file");
    assertStill(put::close, "took no more of a file");
  }

  @Test
  void aVendorThatTakesAllAndNeverAnswersIsGivenUpAndLetGo() throws Exception {
    HttpPut put =
        put(
            SHORT,
            (in, out) -> {
              readAll(in);
              if (in.read() < 0) {
                throw new IOException("gone");
              }
            });
    put.write(new byte[10]);

    assertStill(put::close, "took no more of a file");
    assertThat(gone.await(30, TimeUnit.SECONDS)).as("the connection is closed").isTrue();
  }

  /** The limit is the vendor's, not that of whoever writes. */
  @Test
  void aSlowWriterIsNotTheVendorsFault() throws Exception {
    HttpPut put =
        put(
            SHORT,
            (in, out) -> {
              readAll(in);
              ok(out);
            });
    put.write(new byte[10]);
    TimeUnit.NANOSECONDS.sleep(SHORT.multipliedBy(4).toNanos());
    put.write(new byte[10]);

    put.close();
  }

  @Test
  void whatIsBrokenOffDoesNotHoldAVendorThatReadsNothing() throws Exception {
    CountDownLatch connected = new CountDownLatch(1);
    HttpPut put =
        put(
            LONG,
            (in, out) -> {
              assertThat(in.read()).isNotNegative();
              connected.countDown();
              over.await();
              in.transferTo(OutputStream.nullOutputStream());
              throw new IOException("gone");
            });
    FutureTask<Boolean> writing =
        new FutureTask<>(() -> {
          fill(put);
          return true;
        });
    Thread.ofVirtual().start(writing);
    assertThat(connected.await(30, TimeUnit.SECONDS)).isTrue();

    put.cancel();

    assertThatThrownBy(() -> writing.get(30, TimeUnit.SECONDS))
        .hasRootCauseMessage("the upload was broken off");
    over.countDown();
    assertThat(gone.await(30, TimeUnit.SECONDS)).as("the connection is closed").isTrue();
  }

  /** A file of which its writer was interrupted is not one that is whole. */
  @Test
  void anInterruptedWriterSendsNoHalfFile() throws Exception {
    HttpPut put =
        put(
            LONG,
            (in, out) -> {
              over.await();
              readAll(in);
              ok(out);
            });
    FutureTask<Boolean> writing =
        new FutureTask<>(() -> {
          fill(put);
          return true;
        });
    Thread thread = Thread.ofVirtual().start(writing);
    thread.interrupt();
    assertThatThrownBy(() -> writing.get(30, TimeUnit.SECONDS))
        .cause()
        .cause()
        .isInstanceOf(SandboxInterruptedException.class);
    over.countDown();

    assertThatThrownBy(put::close).isInstanceOf(IOException.class);
  }

  @Test
  void aStreamThatDoesNotBeginIsGivenUp() throws IOException {
    CloudCall call = vendor("GET", (in, out) -> {});

    assertThatThrownBy(() -> http.stream(call, SHORT))
        .isInstanceOf(SandboxTimeoutException.class)
        .hasMessageContaining("vendor did not answer");
  }

  @Test
  void contentsThatStopInTheMiddleAreGivenUp() throws IOException {
    CloudCall call =
        vendor(
            "GET",
            (in, out) ->
                out.write(
                    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"
                        .getBytes(StandardCharsets.US_ASCII)));

    try (InputStream contents =
        new ComingContents(
            http.stream(call, LONG).stream(),
            SHORT,
            () -> http.still(call, "sent no more of a file", SHORT))) {
      assertThat(contents.readNBytes(3)).asString(StandardCharsets.US_ASCII).isEqualTo("abc");
      assertStill(contents::read, "sent no more of a file");
    }
  }

  @Test
  void contentsThatComeAreWhole() throws IOException {
    byte[] sent = new byte[3 << 20];
    new java.util.Random(7).nextBytes(sent);
    CloudCall call =
        vendor(
            "GET",
            (in, out) -> {
              out.write(
                  "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
                      .formatted(sent.length)
                      .getBytes(StandardCharsets.US_ASCII));
              out.write(sent);
            });

    try (InputStream contents = http.contents(call, LONG)) {
      assertThat(contents.read()).isEqualTo(sent[0] & 0xFF);
      assertThat(contents.skip(100_000)).isEqualTo(100_000);
      byte[] rest = contents.readAllBytes();
      assertThat(rest).isEqualTo(java.util.Arrays.copyOfRange(sent, 100_001, sent.length));
      assertThat(contents.read()).isEqualTo(-1);
    }
  }
}
