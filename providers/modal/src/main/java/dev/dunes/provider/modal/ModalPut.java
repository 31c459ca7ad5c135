package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.FileProblems;
import dev.dunes.provider.cloud.FilePut;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Timeouts;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * Contents of a file through the input of {@code cat}, in streams of at most 4 MiB. Where one
 * breaks the task says how much of it has arrived, and the rest is sent again. Cloud providers 2.2.
 */
final class ModalPut extends FilePut {
  private static final int SEGMENT = 4 << 20;

  /** In one message. */
  private static final int PIECE = 256 << 10;

  private static final int MOST_COMPLAINT = 64 << 10;

  /** For what is sent at once; what has arrived by then is not sent again. */
  private static final Duration SEGMENT_LIMIT = Duration.ofMinutes(2);

  private static final Duration END_LIMIT = Duration.ofSeconds(60);
  private static final Duration WHY_LIMIT = Duration.ofSeconds(5);

  private final ModalSandbox sandbox;
  private final Router router;
  private final String path;
  private final ModalProcess process;
  private byte[] segment = new byte[PIECE];
  private int length;
  private long sent;
  private boolean closed;

  ModalPut(ModalSandbox sandbox, Router router, String path, ModalProcess process) {
    this.sandbox = sandbox;
    this.router = router;
    this.path = path;
    this.process = process;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int count) throws IOException {
    Objects.checkFromIndexSize(offset, count, bytes.length);
    if (closed) {
      throw new IOException("the upload has ended");
    }
    int from = offset;
    while (from < offset + count) {
      if (length == SEGMENT) {
        send(false);
      }
      int part = Math.min(offset + count - from, SEGMENT - length);
      if (length + part > segment.length) {
        segment = Arrays.copyOf(segment, Math.min(SEGMENT, Math.max(length + part, 2 * length)));
      }
      System.arraycopy(bytes, from, segment, length, part);
      length += part;
      from += part;
    }
  }

  /** Sends what is held and waits until it is there. */
  private void send(boolean last) throws IOException {
    long from = sent;
    long late = -1; // where a whole time limit was waited for
    try {
      for (int tries = 0; ; tries++) {
        try {
          stream(from, last);
          break;
        } catch (StatusException e) {
          boolean stuck = Router.late(e) && late == from;
          if (stuck || !Router.again(e, tries)) {
            throw router.failure(e);
          }
          late = Router.late(e) ? from : late;
          ControlPlane.pause(Router.backoff(tries));
          WireMessage status =
              router.call(
                  "TaskExecStdinStatus",
                  task -> new WireFields().text(1, task).text(2, process.exec()));
          from = status.number(1);
          boolean all = from == sent + length;
          if (status.flag(2) && last && all) {
            break; // only the answer was lost
          }
          if (status.flag(2) || from < sent || from > sent + length) {
            throw router.failure(e);
          }
        }
      }
    } catch (SandboxException e) {
      throw why(e);
    }
    sent += length;
    length = 0;
  }

  private void stream(long from, boolean last) throws StatusException {
    router.stream(
        MethodType.CLIENT_STREAMING,
        "TaskExecStdinWriteStream",
        Optional.of(SEGMENT_LIMIT),
        (call, task) -> {
          WireFields start = new WireFields().text(1, task).text(2, process.exec());
          call.send(new WireFields().message(1, start.number(3, from)).toBytes());
          for (int at = (int) (from - sent); at < length; at += PIECE) {
            byte[] piece = Arrays.copyOfRange(segment, at, Math.min(length, at + PIECE));
            call.send(new WireFields().bytes(2, piece).toBytes());
          }
          if (last) {
            call.send(new WireFields().message(3, new WireFields()).toBytes());
          }
          call.end();
          if (call.next().isEmpty()) {
            throw Status.UNKNOWN.withDescription("no answer to a file's contents").asException();
          }
          return true;
        });
  }

  /** What the program said, when it has ended; it knows best. */
  private IOException why(SandboxException cause) {
    try {
      Timeouts.within(WHY_LIMIT, this::finish);
    } catch (IOException e) {
      e.addSuppressed(cause);
      return e;
    } catch (SandboxException e) {
      cause.addSuppressed(e);
    }
    SandboxException now = sandbox.why(cause);
    return new IOException(now.getMessage(), now);
  }

  /** Follows the program to its end. */
  private boolean finish() throws IOException {
    ByteArrayOutputStream complaint = new ByteArrayOutputStream();
    VendorEvent event = process.next();
    while (event instanceof VendorEvent.Output out) {
      if (out.channel() == Channel.STDERR && complaint.size() < MOST_COMPLAINT) {
        complaint.writeBytes(out.data());
      }
      event = process.next();
    }
    if (((VendorEvent.Exit) event).code() != 0) {
      String words = complaint.toString(StandardCharsets.UTF_8).strip();
      SandboxException known = FileProblems.of(sandbox, path, words);
      throw new IOException(known.getMessage(), known);
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (process) {
      send(true);
      Timeouts.within(END_LIMIT, this::finish);
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** The program ends when its input does: it is not needed any more. */
  @Override
  public void cancel() {
    if (!closed) {
      closed = true;
      try (process) {
        process.kill();
      }
    }
  }
}
