package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.ProcessOutput;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.StreamOut;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;

/**
 * The events of a process: {@code start}, what it writes, and exactly one {@code end}, after
 * everything it wrote. E2B wire 3.
 */
final class ProcessEvents {
  private static final int LARGEST_PIECE = 32 << 10;
  private static final int LARGEST_TERMINAL_PIECE = 16 << 10;

  /** How long the end may take to be known once all output was read. */
  private static final Duration END_LIMIT = Duration.ofSeconds(30);

  private final StreamOut out;
  private final HostedProcess process;
  private final boolean terminal;
  private final Duration keepalive;
  private final Optional<Instant> until;

  /**
   * @param keepalive how long the stream may be silent
   * @param until when the stream ends in any case
   */
  ProcessEvents(StreamOut out, HostedProcess process, Duration keepalive, Optional<Instant> until) {
    this.out = out;
    this.process = process;
    this.terminal = process.command().terminal().isPresent();
    this.keepalive = keepalive;
    this.until = until;
  }

  static ConnectException tooLate() {
    return new ConnectException(ConnectCode.DEADLINE_EXCEEDED, "the operation timed out");
  }

  /** Sends everything that is followed to the end, and closes it. */
  void send(HostedProcess.Following followed) throws InterruptedException {
    try (HostedProcess.Following output = followed) {
      out.send(
          ProcessMessages.event(
              "start", new Message(ProcessMessages.START_EVENT).set("pid", process.number())));
      while (!output.atEnd()) {
        Optional<ProcessOutput> next = output.next(patience());
        if (next.isPresent()) {
          send(next.get());
        } else if (!output.atEnd()) {
          out.send(ProcessMessages.event("keepalive", new Message(ProcessMessages.KEEPALIVE)));
        }
      }
      CommandExit exit =
          process
              .await(END_LIMIT)
              .orElseThrow(() -> new SandboxStateException("the end of a process is not known"));
      if (exit.timedOut()) {
        throw tooLate();
      }
      out.keep(ProcessMessages.event("end", end(exit)));
    }
  }

  private Duration patience() {
    if (until.isEmpty()) {
      return keepalive;
    }
    Duration left = Duration.between(Instant.now(), until.get());
    if (!left.isPositive()) {
      throw tooLate();
    }
    return left.compareTo(keepalive) < 0 ? left : keepalive;
  }

  private void send(ProcessOutput output) throws InterruptedException {
    byte[] data = output.data();
    int most = terminal ? LARGEST_TERMINAL_PIECE : LARGEST_PIECE;
    for (int from = 0; from < data.length; from += most) {
      int to = Math.min(data.length, from + most);
      byte[] piece = from == 0 && to == data.length ? data : Arrays.copyOfRange(data, from, to);
      out.send(
          ProcessMessages.event(
              "data", new Message(ProcessMessages.DATA_EVENT).set(channel(output), piece)));
    }
  }

  private String channel(ProcessOutput output) {
    if (terminal) {
      return "pty";
    }
    return output.channel() == Channel.STDOUT ? "stdout" : "stderr";
  }

  private static Message end(CommandExit exit) {
    boolean signalled = exit.signal().isPresent();
    String status =
        signalled
            ? "signal: " + SignalNames.of(exit.signal().getAsInt())
            : "exit status " + exit.exitCode();
    Message end =
        new Message(ProcessMessages.END_EVENT)
            .set("exitCode", signalled ? -1L : exit.exitCode())
            .set("exited", !signalled)
            .set("status", status);
    if (signalled || exit.exitCode() != 0) {
      end.set("error", status);
    }
    return end;
  }
}
