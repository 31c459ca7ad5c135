package dev.dunes.scripted;

import java.io.IOException;
import java.net.Socket;
import java.net.StandardSocketOptions;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One connection: answers its requests one after the other. */
final class Connection {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** How long a client may say nothing, between requests and while it is answered. */
  private static final int SILENCE_MILLIS = 30 * 60 * 1000;

  private final Socket socket;
  private final Routes routes;
  private final HttpReader reader;

  Connection(Socket socket, Routes routes) throws IOException {
    this.socket = socket;
    this.routes = routes;
    socket.setTcpNoDelay(true);
    socket.setSoTimeout(SILENCE_MILLIS);
    this.reader = new HttpReader(socket.getInputStream(), socket.getOutputStream());
  }

  /** Answers until one side ends the connection. */
  void run() {
    try {
      boolean more = reader.awaitNext();
      while (more) {
        Optional<HttpRequest> request = reader.next();
        more = request.isPresent() && answer(request.get());
      }
    } catch (HttpReader.RefusedException e) {
      refuse(e);
    } catch (IOException e) {
      LOG.debug("connection: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Answers one request; true when another one has begun to come. */
  private boolean answer(HttpRequest request) throws IOException, InterruptedException {
    HttpWriter writer = new HttpWriter(socket.getOutputStream(), request);
    Recording recording = routes.begin(request);
    CompletableFuture<Boolean> next = watch(recording, Thread.currentThread());
    try {
      routes.answer(request, writer, recording);
      recording.finish();
    } catch (Routes.CutException e) {
      // Resets the connection, as when the other machine has gone.
      socket.setOption(StandardSocketOptions.SO_LINGER, 0);
      recording.finish();
      return false;
    } catch (IOException | InterruptedException e) {
      recording.abort();
      throw e;
    }
    if (request.closes() || request.http10()) {
      return false;
    }
    try {
      return next.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e.getCause());
    }
  }

  /**
   * Waits for what the client does next. When it leaves before it has its answer, the thread that
   * answers is told.
   */
  private CompletableFuture<Boolean> watch(Recording recording, Thread answering) {
    CompletableFuture<Boolean> next = new CompletableFuture<>();
    Thread.ofVirtual()
        .name("scripted-model-watch")
        .start(() -> {
          boolean more = false;
          try {
            more = reader.awaitNext();
          } catch (IOException e) {
            LOG.debug("watch: {}", e.toString());
          }
          if (!more && recording.abort()) {
            answering.interrupt();
          }
          next.complete(more);
        });
    return next;
  }

  private void refuse(HttpReader.RefusedException refused) {
    try {
      HttpRequest none = new HttpRequest("GET", "/", true, Map.of(), new byte[0]);
      new HttpWriter(socket.getOutputStream(), none)
          .answer(refused.status(), Map.of(), Errors.body(refused.status(), refused.getMessage()));
    } catch (IOException e) {
      LOG.debug("refusing: {}", e.toString());
    }
  }
}
