package dev.dunes.server.acp;

import dev.dunes.server.http.SseFrames;
import dev.dunes.server.http.SseStream;
import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Sends a log to one client. For one thread. */
final class AcpReader implements AutoCloseable {
  private static final int BATCH = 256 << 10;

  private final AcpLog log;
  private final LogLines lines;
  private final long after;
  private final long history;
  private final SseFrames frames = new SseFrames();
  private long id;
  private volatile long sent;
  private long lastSend = System.nanoTime() - AcpLog.PAUSE_NANOS;

  /**
   * @param id of the message before the first line
   * @param after the message after which to send
   * @param history the last message that was there before the client came
   */
  AcpReader(AcpLog log, LogLines lines, long id, long after, long history) {
    this.log = log;
    this.lines = lines;
    this.id = id;
    this.after = after;
    this.history = history;
    this.sent = after;
  }

  /** The last message that has left this process. */
  long sent() {
    return sent;
  }

  /** Sends everything there is and will be; returns when the log is closed. */
  void relay(SseStream stream) throws IOException, InterruptedException {
    for (long limit = log.awaitBeyond(lines.after());
        limit >= 0;
        limit = log.awaitBeyond(lines.after())) {
      while (lines.next(limit)) {
        if (lines.kind() == AcpLog.NOTE) {
          continue;
        }
        if (lines.kind() == AcpLog.RESULT && id >= history) {
          // A client may take a result before what came in the same packet. Sheet 4.2.
          send(stream);
          pause();
        }
        id++;
        if (id > after) {
          frames.event("message").id(id).begin();
          frames.part(lines.bytes(), lines.from() + 1, lines.from() + lines.length()).end();
        }
        if (frames.length() >= BATCH) {
          send(stream);
        }
      }
      send(stream);
    }
  }

  private void send(SseStream stream) throws InterruptedException {
    if (!frames.isEmpty()) {
      stream.send(frames);
      lastSend = System.nanoTime();
      sent = id;
      log.delivered();
    }
  }

  private void pause() throws InterruptedException {
    long left = AcpLog.PAUSE_NANOS - (System.nanoTime() - lastSend);
    if (left > 0) {
      TimeUnit.NANOSECONDS.sleep(left);
    }
  }

  /** It reads no more. */
  @Override
  public void close() throws IOException {
    log.remove(this);
    lines.close();
  }
}
