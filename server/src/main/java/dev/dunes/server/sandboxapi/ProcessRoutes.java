package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Account;
import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.Hosting;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Signal;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.CodeDialect;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.hosted.Gate;
import dev.dunes.server.hosted.Query;
import dev.dunes.server.hosted.SandboxRoutes;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.HttpFailure;
import dev.dunes.server.http.Json;
import dev.dunes.server.http.Reply;
import dev.dunes.server.http.Route;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Processes over HTTP. Sandbox API 2.3. */
final class ProcessRoutes {
  /** How much of each channel an answer has at most. */
  private static final int WHOLE = 10 << 20;

  /** How much of each channel can be read again while a process runs. */
  private static final int STREAMED = 1 << 20;

  private static final int LARGEST_INPUT = 1 << 20;
  private static final Map<String, Signal> SIGNALS =
      Map.of("TERM", Signal.TERM, "KILL", Signal.KILL, "INT", Signal.INT);

  private final Hosting hosting;

  ProcessRoutes(Hosting hosting) {
    this.hosting = hosting;
  }

  List<Route> routes(Gate gate) {
    String all = "/sandboxes/{id}/processes";
    return List.of(
        gate.streaming("POST", all, this::start),
        gate.route("GET", all, this::list),
        gate.route("GET", all + "/{pid}", this::get),
        gate.streaming("GET", all + "/{pid}/output", this::output),
        gate.route("POST", all + "/{pid}/stdin", this::input),
        gate.route("DELETE", all + "/{pid}", this::signal));
  }

  private Optional<Reply> start(Exchange exchange, Account account) throws InterruptedException {
    boolean streamed = streamed(exchange);
    boolean base64 = Query.base64(exchange);
    ProcessBody body = ProcessBody.read(Body.of(exchange), streamed, account.limits().lifetime());
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          if (body.background()) {
            HostedProcess process = started(body.command(), c -> open.start(c, STREAMED));
            return Optional.of(Reply.json(202, ProcessJson.started(process)));
          }
          if (streamed) {
            OpenSandbox.Followed followed = started(body.command(), c -> open.follow(c, STREAMED));
            new ProcessStream(exchange, followed.process(), base64).send(followed.output());
            return Optional.empty();
          }
          return Optional.of(run(open, body.command(), base64));
        });
  }

  private static boolean streamed(Exchange exchange) {
    return exchange.header("accept").filter(type -> type.contains("text/event-stream")).isPresent();
  }

  private static <T> T started(Command command, Function<Command, T> start) {
    try {
      return start.apply(command);
    } catch (InvalidRequestException e) {
      if (e.field().equals("workingDir")) {
        throw Failures.invalid(
            "cwd '%s' does not exist, or cannot be entered"
                .formatted(command.workingDir().orElse("")));
      }
      throw e;
    } catch (SandboxInterruptedException | SandboxNotFoundException | SandboxStateException e) {
      throw e;
    } catch (SandboxException e) {
      throw new HttpFailure(
          CodeDialect.reply(
              502,
              "the process could not be started: " + e.getMessage(),
              Optional.of("spawn_failed")));
    }
  }

  /** Nobody else knows of it: whoever waits for it ends it by leaving. */
  private static Reply run(OpenSandbox open, Command command, boolean base64)
      throws InterruptedException {
    HostedProcess process = started(command, c -> open.start(c, WHOLE));
    boolean ended = false;
    try {
      Optional<CommandExit> exit =
          process.await(open.info().remaining().plus(Duration.ofMinutes(1)));
      ended = exit.isPresent();
      if (exit.isPresent() && !exit.get().timedOut()) {
        ObjectNode json = Json.object();
        ProcessJson.result(json, process, exit, base64);
        return Reply.json(200, json);
      }
      long limit = command.timeout().orElse(Duration.ZERO).toSeconds();
      ObjectNode json =
          CodeDialect.body(
              502,
              "the process ran longer than its timeout of %d seconds and was killed"
                  .formatted(limit),
              Optional.of("process_timeout"));
      ProcessJson.result(json, process, exit, base64);
      return Reply.json(502, json);
    } finally {
      if (!ended) {
        process.kill();
      }
      open.processes().forget(process);
    }
  }

  private Reply list(Exchange exchange, Account account) throws InterruptedException {
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          ArrayNode rows = Json.MAPPER.createArrayNode();
          open.processes().list().stream().map(ProcessJson::row).forEach(rows::add);
          return Reply.json(200, rows);
        });
  }

  private Reply get(Exchange exchange, Account account) throws InterruptedException {
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> Reply.json(200, ProcessJson.row(find(exchange, open))));
  }

  private static HostedProcess find(Exchange exchange, OpenSandbox open) {
    String name = exchange.parameter("pid");
    return open.processes()
        .find(name)
        .orElseThrow(() ->
            Failures.notFound(
                "process '%s' was not started here, or ended more than ten minutes ago"
                    .formatted(name)));
  }

  private Optional<Reply> output(Exchange exchange, Account account) throws InterruptedException {
    long stdout = Query.number(exchange, "stdoutOffset", 0, 0, Long.MAX_VALUE);
    long stderr = Query.number(exchange, "stderrOffset", 0, 0, Long.MAX_VALUE);
    boolean base64 = Query.base64(exchange);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          HostedProcess process = find(exchange, open);
          if (streamed(exchange)) {
            new ProcessStream(exchange, process, base64).send(process.follow(stdout, stderr));
            return Optional.empty();
          }
          ObjectNode json = ProcessJson.row(process);
          part(json, process, Channel.STDOUT, stdout, base64);
          part(json, process, Channel.STDERR, stderr, base64);
          return Optional.of(Reply.json(200, json));
        });
  }

  private static void part(
      ObjectNode json, HostedProcess process, Channel channel, long from, boolean base64) {
    String name = ProcessJson.name(channel);
    long begin = Math.max(from, process.outputStart(channel));
    byte[] bytes = process.output(channel, begin);
    json.put(name, ProcessJson.text(bytes, base64))
        .put(name + "Offset", begin)
        .put(name + "End", begin + bytes.length);
  }

  private Reply input(Exchange exchange, Account account) throws InterruptedException {
    Body body = Body.of(exchange);
    byte[] data = data(body.text("data").orElse(""), Query.base64(exchange));
    if (data.length > LARGEST_INPUT) {
      throw Failures.invalid("data must have at most %d bytes".formatted(LARGEST_INPUT));
    }
    boolean last = body.flag("close", false);
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          find(exchange, open).write(data, last);
          return Reply.empty(204);
        });
  }

  private static byte[] data(String text, boolean base64) {
    try {
      return base64 ? Base64.getDecoder().decode(text) : text.getBytes(StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Failures.invalid("data is no base64");
    }
  }

  private Reply signal(Exchange exchange, Account account) throws InterruptedException {
    String name = exchange.query("signal").orElse("TERM");
    Signal signal = SIGNALS.get(name.startsWith("SIG") ? name.substring(3) : name);
    if (signal == null) {
      throw Failures.invalid("signal must be TERM, KILL or INT");
    }
    return hosting.use(
        account,
        SandboxRoutes.id(exchange),
        open -> {
          find(exchange, open).signal(signal);
          return Reply.empty(204);
        });
  }
}
