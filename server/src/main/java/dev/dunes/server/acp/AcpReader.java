package dev.dunes.server.acp;

import dev.dunes.server.http.Json;
import dev.dunes.server.http.SseFrames;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.node.ObjectNode;

/** Sends a log to one client. For one thread. */
final class AcpReader implements AutoCloseable {
  private static final int BATCH = 256 << 10;

  private final AcpLog log;
  private final long history;
  private final SseFrames frames = new SseFrames();
  private LogLines lines;
  private long after;
  private long id;
  private volatile long sent;
  private long lastSend = System.nanoTime() - AcpLog.PAUSE_NANOS;

  /**
   * @param start where to read
   * @param after the message after which to send
   * @param history the last message that was there before the client came
   */
  AcpReader(AcpLog log, LogFile.Start start, long after, long history) {
    this.log = log;
    this.history = history;
    this.lines = start.lines();
    this.id = start.before();
    this.after = after;
    this.sent = after;
    tellOfGap();
  }

  /** Says that messages are not kept any more, in the place of the last of them. */
  private void tellOfGap() {
    if (id > after) {
      ObjectNode gap = Json.object().put("from", after + 1).put("to", id);
      frames.event("message").id(id).data(Rpc.notification("_adapter/messages_dropped", gap));
      after = id;
    }
  }

  /** The last message that has left this process. */
  long sent() {
    return sent;
  }

  /** Where frames go. */
  @FunctionalInterface
  interface Sink {
    /** Takes frames and empties their buffer; returns when they have left this process. */
    void send(SseFrames frames) throws InterruptedException;
  }

  /** Sends everything there is and will be; returns when the log is closed. */
  void relay(Sink stream) throws IOException, InterruptedException {
    for (long limit = log.awaitBeyond(lines.after());
        limit >= 0;
        limit = log.awaitBeyond(lines.after())) {
      while (lines.next(limit)) {
        if (lines.kind() != AcpLog.NOTE) {
          message(stream);
        }
      }
      send(stream);
      if (lines.after() < limit) {
        goOn();
      }
    }
  }

  private void message(Sink stream) throws InterruptedException {
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

  /** The file that was read ends here: there is another in its place. */
  private void goOn() throws IOException {
    LogFile.Start start = log.goOn(lines.after(), id);
    lines.close();
    lines = start.lines();
    after = Math.max(after, id);
    id = start.before();
    tellOfGap();
  }

  private void send(Sink stream) throws InterruptedException {
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
