package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.StreamIn;
import java.util.Optional;

/** What is written to processes. E2B wire 2.8 and 3.5. */
final class ProcessInput {
  Message send(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      write(ProcessSelector.running(open, request), request);
      return new Message(ProcessMessages.EMPTY);
    });
  }

  Message stream(EnvdCall call, StreamIn in) throws InterruptedException {
    Message first =
        in.next()
            .flatMap(message -> message.message("start"))
            .orElseThrow(() ->
                new ConnectException(
                    ConnectCode.INVALID_ARGUMENT,
                    "the first message must be start, with a process"));
    return call.use(open -> {
      follow(open, first, in);
      return new Message(ProcessMessages.EMPTY);
    });
  }

  private static void follow(OpenSandbox open, Message start, StreamIn in)
      throws InterruptedException {
    HostedProcess process = ProcessSelector.running(open, start);
    for (Optional<Message> next = in.next(); next.isPresent(); next = in.next()) {
      if (next.get().has("start")) {
        throw new ConnectException(
            ConnectCode.INVALID_ARGUMENT, "start can only be the first message");
      }
      Optional<Message> data = next.get().message("data");
      if (data.isPresent()) {
        write(process, data.get());
      }
    }
  }

  private static void write(HostedProcess process, Message holder) throws InterruptedException {
    Message input =
        holder
            .message("input")
            .filter(given -> given.has("stdin") || given.has("pty"))
            .orElseThrow(() ->
                new ConnectException(
                    ConnectCode.INVALID_ARGUMENT, "input.stdin or input.pty is required"));
    boolean terminal = process.command().terminal().isPresent();
    if (input.has("pty") && !terminal) {
      throw new ConnectException(
          ConnectCode.INTERNAL, "error writing to tty: the process has none; use stdin");
    }
    if (input.has("stdin") && terminal) {
      throw new ConnectException(
          ConnectCode.INTERNAL, "error writing to stdin: the process has a terminal; use pty");
    }
    if (!process.takesInput()) {
      throw new ConnectException(
          ConnectCode.INTERNAL,
          "error writing to stdin: it is not enabled; start the process with stdin: true");
    }
    byte[] data = input.bytes(terminal ? "pty" : "stdin");
    if (data.length > 0) {
      process.write(data, false);
    }
  }

  Message close(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      HostedProcess process = ProcessSelector.running(open, request);
      if (process.command().terminal().isPresent()) {
        throw new ConnectException(
            ConnectCode.UNKNOWN, "stdin of a terminal cannot be closed; send it Ctrl-D (0x04)");
      }
      if (!process.takesInput()) {
        throw new ConnectException(
            ConnectCode.INTERNAL, "stdin is not enabled; start the process with stdin: true");
      }
      process.write(new byte[0], true);
      return new Message(ProcessMessages.EMPTY);
    });
  }
}
