package dev.dunes.gateway;

import dev.dunes.gateway.cassette.CassetteWriter;
import dev.dunes.gateway.cassette.Recording;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Writes exchanges of one run down, one after the other, away from the threads of the network. */
final class Recorder implements AutoCloseable {
  private static final long LAST_WORDS_SECONDS = 10;

  private final CassetteWriter writer;
  private final Lease lease;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("gateway-recorder").factory());

  Recorder(CassetteWriter writer, Lease lease) {
    this.writer = writer;
    this.lease = lease;
  }

  void write(Recording recording) {
    try {
      thread.execute(() -> writeNow(recording));
    } catch (RejectedExecutionException e) {
      failed("the run is over");
    }
  }

  private void writeNow(Recording recording) {
    try {
      writer.write(recording);
    } catch (IOException | IllegalArgumentException e) {
      failed(e.toString());
    }
  }

  void failed(String reason) {
    lease.tell(new GatewayEvent.RecordingFailed(lease.runId(), Instant.now(), reason));
  }

  /** What is waiting is written first. */
  @Override
  public void close() {
    thread.shutdown();
    try {
      if (!thread.awaitTermination(LAST_WORDS_SECONDS, TimeUnit.SECONDS)) {
        failed("the last exchanges could not be written in time");
        thread.shutdownNow();
      }
      writer.close();
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      failed(e.toString());
    }
  }
}
