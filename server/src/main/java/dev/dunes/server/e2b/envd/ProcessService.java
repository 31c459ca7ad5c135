package dev.dunes.server.e2b.envd;

import static dev.dunes.server.e2b.envd.ProcessMessages.EMPTY;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import dev.dunes.server.e2b.connect.Method;
import dev.dunes.server.e2b.connect.StreamOut;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code process.Process}: everything but input. E2B wire 2.8 and 3. */
final class ProcessService {
  private static final String SERVICE = "/process.Process/";

  /** How much of each channel can be read again. E2B wire 4, 3. */
  private static final int KEEP = 5 << 18;

  /** How long a killed process has to be gone before the answer. */
  private static final Duration KILLED = Duration.ofSeconds(2);

  private final ProcessInput input = new ProcessInput();

  List<Method<EnvdCall>> methods() {
    return List.of(
        Method.unary(SERVICE + "List", EMPTY, this::list),
        Method.serverStream(SERVICE + "Start", ProcessMessages.START_REQUEST, this::start),
        Method.serverStream(SERVICE + "Connect", ProcessMessages.CONNECT_REQUEST, this::connect),
        Method.unary(SERVICE + "Update", ProcessMessages.UPDATE_REQUEST, this::update),
        Method.unary(SERVICE + "SendSignal", ProcessMessages.SEND_SIGNAL_REQUEST, this::signal),
        Method.unary(SERVICE + "SendInput", ProcessMessages.SEND_INPUT_REQUEST, input::send),
        Method.clientStream(
            SERVICE + "StreamInput", ProcessMessages.STREAM_INPUT_REQUEST, input::stream),
        Method.unary(SERVICE + "CloseStdin", ProcessMessages.CLOSE_STDIN_REQUEST, input::close));
  }

  private Message list(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      List<Message> rows = new ArrayList<>();
      for (HostedProcess process : open.processes().list()) {
        if (process.isRunning()) {
          rows.add(row(process));
        }
      }
      return new Message(ProcessMessages.LIST_RESPONSE).set("processes", rows);
    });
  }

  private static Message row(HostedProcess process) {
    Command command = process.command();
    Message config =
        new Message(ProcessMessages.CONFIG)
            .set("cmd", command.argv().getFirst())
            .set("args", command.argv().subList(1, command.argv().size()))
            .set("envs", command.env());
    command.workingDir().ifPresent(path -> config.set("cwd", path));
    Message row =
        new Message(ProcessMessages.PROCESS_INFO)
            .set("config", config)
            .set("pid", process.number());
    process.tag().ifPresent(tag -> row.set("tag", tag));
    return row;
  }

  private void start(EnvdCall call, Message request, StreamOut out) throws InterruptedException {
    Optional<String> tag = request.has("tag") ? Optional.of(request.text("tag")) : Optional.empty();
    Optional<Duration> timeout = call.times().timeout();
    if (timeout.filter(limit -> limit.toMillis() < 1).isPresent()) {
      throw ProcessEvents.tooLate();
    }
    call.use(open -> {
      Command command = command(request, call.user(open), timeout);
      OpenSandbox.Followed followed = started(open, command, tag);
      // The sandbox ends the process at its timeout, and says so.
      new ProcessEvents(out, followed.process(), call.times().keepalive(), Optional.empty())
          .send(followed.output());
      return true;
    });
  }

  private static Command command(Message request, SandboxUser user, Optional<Duration> timeout) {
    Message config =
        request
            .message("process")
            .filter(process -> !process.text("cmd").isEmpty())
            .orElseThrow(() ->
                new ConnectException(ConnectCode.INVALID_ARGUMENT, "process.cmd is required"));
    List<String> argv = new ArrayList<>(List.of(config.text("cmd")));
    argv.addAll(config.texts("args"));
    Command.Builder command =
        Command.builder(argv).env(config.map("envs")).workingDir(user.path(config.text("cwd")));
    user.runAs().ifPresent(command::user);
    timeout.ifPresent(command::timeout);
    Optional<TerminalSize> terminal = request.message("pty").map(ProcessService::size);
    if (terminal.isPresent()) {
      command.terminal(terminal.get());
    } else if (!request.has("stdin") || request.flag("stdin")) {
      command.openStdin();
    }
    return command.build();
  }

  private static OpenSandbox.Followed started(
      OpenSandbox open, Command command, Optional<String> tag) {
    try {
      return open.follow(command, tag, KEEP);
    } catch (InvalidRequestException e) {
      if (e.field().equals("workingDir")) {
        throw new ConnectException(
            ConnectCode.INVALID_ARGUMENT,
            "cwd '%s' does not exist".formatted(command.workingDir().orElse("")));
      }
      throw e;
    }
  }

  private void connect(EnvdCall call, Message request, StreamOut out) throws InterruptedException {
    Optional<ReplayFrom> replay = ReplayFrom.of(call.exchange());
    call.use(open -> {
      HostedProcess process = ProcessSelector.known(open, request);
      if (replay.isPresent()) {
        out.header("dunes-replay-start", replay.get().start(process));
      }
      HostedProcess.Following output =
          replay.isPresent()
              ? process.follow(replay.get().stdout(), replay.get().stderr())
              : process.followLive();
      new ProcessEvents(
              out,
              process,
              call.times().keepalive(),
              call.times().timeout().map(Instant.now()::plus))
          .send(output);
      return true;
    });
  }

  private Message update(EnvdCall call, Message request) throws InterruptedException {
    return call.use(open -> {
      HostedProcess process = ProcessSelector.running(open, request);
      Optional<TerminalSize> size = request.message("pty").map(ProcessService::size);
      if (size.isPresent()) {
        if (process.command().terminal().isEmpty()) {
          throw new ConnectException(
              ConnectCode.INTERNAL,
              "process with pid %d has no terminal to resize".formatted(process.number()));
        }
        process.resize(size.get());
      }
      return new Message(EMPTY);
    });
  }

  /** What is not said is as usual. */
  private static TerminalSize size(Message pty) {
    Optional<Message> size = pty.message("size");
    int columns = size.map(said -> cells(said, "cols")).orElse(0);
    int rows = size.map(said -> cells(said, "rows")).orElse(0);
    return new TerminalSize(
        columns == 0 ? TerminalSize.DEFAULT.columns() : columns,
        rows == 0 ? TerminalSize.DEFAULT.rows() : rows);
  }

  private static int cells(Message size, String name) {
    long cells = size.number(name);
    if (cells > 0xFFFF) {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT, "pty.size.%s must be at most 65535".formatted(name));
    }
    return (int) cells;
  }

  private Message signal(EnvdCall call, Message request) throws InterruptedException {
    long number = request.number("signal");
    Signal signal;
    if (number == ProcessMessages.SIGKILL) {
      signal = Signal.KILL;
    } else if (number == ProcessMessages.SIGTERM) {
      signal = Signal.TERM;
    } else {
      throw new ConnectException(
          ConnectCode.INVALID_ARGUMENT,
          "signal must be SIGNAL_SIGTERM or SIGNAL_SIGKILL, and is %d".formatted(number));
    }
    return call.use(open -> {
      HostedProcess process = ProcessSelector.running(open, request);
      process.signal(signal);
      if (signal == Signal.KILL) {
        process.await(KILLED); // so that who kills it again is told that it is gone
      }
      return new Message(EMPTY);
    });
  }
}
