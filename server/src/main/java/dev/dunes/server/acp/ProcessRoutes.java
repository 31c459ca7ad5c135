package dev.dunes.server.acp;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.Signal;
import dev.dunes.sandbox.TerminalSize;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseFrames;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.JsonBody;
import dev.dunes.server.v1.Parameters;
import dev.dunes.server.v1.Problem;
import dev.dunes.server.v1.ProblemType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Predicate;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Processes of the workspace. ACP, sheet 2.9. */
final class ProcessRoutes {
  private static final List<String> OWNERS = List.of("user", "desktop", "system");
  private static final List<String> STREAMS = List.of("stdout", "stderr", "combined", "pty");
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);

  private final Processes processes;
  private final Workplace workplace;
  private final SseStream.Opener streams;

  ProcessRoutes(Processes processes, Workplace workplace, SseStream.Opener streams) {
    this.processes = processes;
    this.workplace = workplace;
    this.streams = streams;
  }

  List<Route> routes() {
    return List.of(
        Route.of("GET", "/v1/processes/config", this::limits),
        Route.of("POST", "/v1/processes/config", this::setLimits),
        Route.of("POST", "/v1/processes/run", this::run),
        Route.of("POST", "/v1/processes", this::start),
        Route.of("GET", "/v1/processes", this::list),
        Route.of("GET", "/v1/processes/{id}", this::info),
        Route.of("DELETE", "/v1/processes/{id}", this::delete),
        Route.of("POST", "/v1/processes/{id}/stop", exchange -> signal(exchange, Signal.TERM)),
        Route.of("POST", "/v1/processes/{id}/kill", exchange -> signal(exchange, Signal.KILL)),
        Route.of("POST", "/v1/processes/{id}/input", this::input),
        Route.stream("GET", "/v1/processes/{id}/logs", this::logs),
        Route.of("POST", "/v1/processes/{id}/terminal/resize", this::resize),
        Route.stream("GET", "/v1/processes/{id}/terminal/ws", this::terminal));
  }

  private ManagedProcess process(Exchange exchange) {
    return processes.get(exchange.parameter("id"));
  }

  private void limits(Exchange exchange) throws InterruptedException {
    exchange.send(Reply.json(200, processes.limits().json()));
  }

  private void setLimits(Exchange exchange) throws InterruptedException {
    processes.limits(ProcessLimits.read(JsonBody.object(exchange)));
    limits(exchange);
  }

  private Command.Builder command(Fields body) {
    String program = body.requiredText("command");
    List<String> argv = new ArrayList<>(List.of(program));
    argv.addAll(body.texts("args").orElse(List.of()));
    if (program.isBlank()) {
      throw Problem.invalid("command must not be empty").failure();
    }
    Command.Builder command = Command.builder(argv).env(body.textMap("env"));
    body.text("cwd").map(workplace::absolute).ifPresent(command::workingDir);
    return command;
  }

  /** What the sandbox takes for impossible is the client's mistake. */
  private static Command build(Command.Builder command) {
    try {
      return command.build();
    } catch (InvalidRequestException e) {
      throw Problem.invalid(String.valueOf(e.getMessage())).failure();
    }
  }

  private void run(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    ProcessLimits limits = processes.limits();
    Command.Builder command = command(body);
    long timeout = body.count("timeoutMs").orElse(limits.defaultRunTimeoutMs());
    command.timeout(Duration.ofMillis(Math.clamp(timeout, 1, limits.maxRunTimeoutMs())));
    long output = body.count("maxOutputBytes").orElse(limits.maxOutputBytes());
    Processes.Result result =
        processes.run(build(command), (int) Math.min(output, limits.maxOutputBytes()));
    ObjectNode answer = Json.object();
    result
        .code()
        .ifPresentOrElse(code -> answer.put("exitCode", code), () -> answer.putNull("exitCode"));
    exchange.send(
        Reply.json(
            200,
            answer
                .put("timedOut", result.exit().timedOut())
                .put("stdout", result.stdout().text())
                .put("stderr", result.stderr().text())
                .put("stdoutTruncated", result.stdout().truncated())
                .put("stderrTruncated", result.stderr().truncated())
                .put("durationMs", result.exit().duration().toMillis())));
  }

  private void start(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    Command.Builder command = command(body).openStdin();
    if (body.flag("tty").orElse(false)) {
      command.terminal(TerminalSize.DEFAULT);
    }
    boolean interactive = body.flag("interactive").orElse(false);
    exchange.send(Reply.json(200, processes.start(build(command), interactive).json()));
  }

  /** All are of users: nothing else starts processes here. */
  private void list(Exchange exchange) throws InterruptedException {
    Optional<String> owner = Parameters.word(exchange, "owner", OWNERS);
    ObjectNode answer = Json.object();
    ArrayNode all = answer.putArray("processes");
    if (owner.isEmpty() || owner.get().equals("user")) {
      processes.all().forEach(process -> all.add(process.json()));
    }
    exchange.send(Reply.json(200, answer));
  }

  private void info(Exchange exchange) throws InterruptedException {
    exchange.send(Reply.json(200, process(exchange).json()));
  }

  private void delete(Exchange exchange) throws InterruptedException {
    processes.delete(exchange.parameter("id"));
    exchange.send(Reply.empty(204));
  }

  private void signal(Exchange exchange, Signal signal) throws InterruptedException {
    long wait = Parameters.count(exchange, "waitMs").orElse(0);
    ManagedProcess process = process(exchange);
    process.signal(signal, Duration.ofMillis(Math.min(wait, LONGEST_WAIT.toMillis())));
    exchange.send(Reply.json(200, process.json()));
  }

  private void input(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    ManagedProcess process = process(exchange);
    byte[] bytes = decode(body.requiredText("data"), body.text("encoding").orElse("base64"));
    int most = processes.limits().maxInputBytesPerRequest();
    if (bytes.length > most) {
      throw Problem.of(
              ProblemType.INVALID_REQUEST,
              "invalid request: input payload exceeds maxInputBytesPerRequest (" + most + ")")
          .as(413, "Payload Too Large")
          .failure();
    }
    process.write(bytes);
    exchange.send(Reply.json(200, Json.object().put("bytesWritten", bytes.length)));
  }

  static byte[] decode(String data, String encoding) {
    return switch (encoding) {
      case "utf8", "text" -> data.getBytes(StandardCharsets.UTF_8);
      case "base64" -> {
        try {
          yield Base64.getDecoder().decode(data);
        } catch (IllegalArgumentException e) {
          throw Problem.invalid("invalid base64 input: " + e.getMessage()).failure();
        }
      }
      default -> throw Problem.invalid("encoding must be one of: base64, utf8, text").failure();
    };
  }

  private void logs(Exchange exchange) throws InterruptedException {
    Optional<String> asked = Parameters.word(exchange, "stream", STREAMS);
    OptionalLong tail = Parameters.count(exchange, "tail");
    long since =
        Math.max(Parameters.count(exchange, "since").orElse(0), Parameters.lastEventId(exchange));
    boolean follow = Parameters.flag(exchange, "follow");
    ManagedProcess process = process(exchange);
    String stream = asked.orElse(process.tty() ? "pty" : "combined");
    Predicate<ProcessLog.Entry> wanted =
        entry -> stream.equals("combined") || entry.stream().equals(stream);
    List<ProcessLog.Entry> entries = process.log().after(since, wanted);
    if (tail.isPresent() && tail.getAsLong() < entries.size()) {
      entries = entries.subList(entries.size() - (int) tail.getAsLong(), entries.size());
    }
    if (follow) {
      follow(exchange, process.log(), entries, since, wanted);
      return;
    }
    ObjectNode answer = Json.object().put("processId", process.id()).put("stream", stream);
    ArrayNode all = answer.putArray("entries");
    entries.forEach(entry -> all.add(json(entry)));
    exchange.send(Reply.json(200, answer));
  }

  private void follow(
      Exchange exchange,
      ProcessLog log,
      List<ProcessLog.Entry> begin,
      long since,
      Predicate<ProcessLog.Entry> wanted)
      throws InterruptedException {
    try (SseStream stream = streams.open(exchange)) {
      SseFrames frames = new SseFrames();
      long last = since;
      for (List<ProcessLog.Entry> more = begin; ; more = log.await(last)) {
        for (ProcessLog.Entry entry : more) {
          last = entry.sequence();
          if (wanted.test(entry)) {
            frames.event("log").id(entry.sequence()).data(Json.bytes(json(entry)));
          }
        }
        stream.send(frames);
        if (more.isEmpty() && more != begin) {
          break;
        }
      }
    }
    exchange.end();
  }

  private static ObjectNode json(ProcessLog.Entry entry) {
    return Json.object()
        .put("sequence", entry.sequence())
        .put("stream", entry.stream())
        .put("timestampMs", entry.timestampMs())
        .put("data", Base64.getEncoder().encodeToString(entry.data()))
        .put("encoding", "base64");
  }

  private void resize(Exchange exchange) throws InterruptedException {
    Fields body = JsonBody.object(exchange);
    int columns = cells(body.requiredCount("cols"));
    int rows = cells(body.requiredCount("rows"));
    process(exchange).resize(new TerminalSize(columns, rows));
    exchange.send(Reply.json(200, Json.object().put("cols", columns).put("rows", rows)));
  }

  static int cells(long number) {
    if (number < 1 || number > 0xFFFF) {
      throw Problem.invalid("cols and rows must be from 1 to 65535").failure();
    }
    return (int) number;
  }

  private void terminal(Exchange exchange) throws InterruptedException {
    ManagedProcess process = process(exchange);
    if (!process.tty()) {
      throw ManagedProcess.noTerminal().failure();
    }
    new Terminal(process).serve(exchange);
  }
}
