package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.Timestamps;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.Signal;
import dev.dunes.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Processes as they are shown. Sandbox API 2.3. */
final class ProcessJson {
  private ProcessJson() {}

  static ObjectNode started(HostedProcess process) {
    ObjectNode json = Json.object().put("processID", process.id());
    process.pid().ifPresent(pid -> json.put("pid", pid));
    return json;
  }

  /** Its output and how it ended. */
  static void result(
      ObjectNode json, HostedProcess process, Optional<CommandExit> exit, boolean base64) {
    json.put("processID", process.id())
        .put("stdout", output(process, Channel.STDOUT, base64))
        .put("stderr", output(process, Channel.STDERR, base64))
        .put("exitCode", exit.map(CommandExit::exitCode).orElse(-1))
        .put("stdoutTruncated", process.truncated(Channel.STDOUT))
        .put("stderrTruncated", process.truncated(Channel.STDERR));
    exit.ifPresent(ended -> json.put("durationMs", ended.duration().toMillis()));
    exit.flatMap(ProcessJson::signal).ifPresent(name -> json.put("signal", name));
  }

  static ObjectNode row(HostedProcess process) {
    ObjectNode json = started(process).put("cmd", process.argv().getFirst());
    ArrayNode args = json.putArray("args");
    process.argv().stream().skip(1).forEach(args::add);
    json.put("startedAt", Timestamps.text(process.startedAt())).put("running", process.isRunning());
    if (!process.isRunning()) {
      CommandExit exit = process.exit().orElseThrow();
      json.put("exitCode", exit.exitCode());
      signal(exit).ifPresent(name -> json.put("signal", name));
    }
    return json;
  }

  static String output(HostedProcess process, Channel channel, boolean base64) {
    return text(process.output(channel), base64);
  }

  static String text(byte[] bytes, boolean base64) {
    return base64
        ? Base64.getEncoder().encodeToString(bytes)
        : new String(bytes, StandardCharsets.UTF_8);
  }

  static String name(Channel channel) {
    return channel == Channel.STDOUT ? "stdout" : "stderr";
  }

  /** The name of the signal that ended it, or its number when it has no name here. */
  static Optional<String> signal(CommandExit exit) {
    if (exit.signal().isEmpty()) {
      return Optional.empty();
    }
    int number = exit.signal().getAsInt();
    return Optional.of(
        Arrays.stream(Signal.values())
            .filter(signal -> signal.number() == number)
            .map(Signal::name)
            .findFirst()
            .orElse(Integer.toString(number)));
  }
}
