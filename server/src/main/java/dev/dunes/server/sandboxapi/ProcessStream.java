package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.ProcessOutput;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.server.hosted.Utf8Pieces;
import dev.dunes.server.http.Exchange;
import dev.dunes.server.http.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The output of a process as server-sent events: {@code start}, then {@code stdout} and {@code
 * stderr} as they come, {@code keepalive} every 15 s, and exactly one {@code end}. A client that
 * leaves ends the stream only. Sandbox API 2.3.
 */
final class ProcessStream {
  private static final Duration KEEPALIVE = Duration.ofSeconds(15);

  private final Exchange exchange;
  private final HostedProcess process;
  private final boolean base64;
  private final Utf8Pieces stdout = new Utf8Pieces();
  private final Utf8Pieces stderr = new Utf8Pieces();

  ProcessStream(Exchange exchange, HostedProcess process, boolean base64) {
    this.exchange = exchange;
    this.process = process;
    this.base64 = base64;
  }

  /** Sends everything that is followed to the end, and closes it. */
  void send(HostedProcess.Following followed) throws InterruptedException {
    try (HostedProcess.Following output = followed) {
      exchange.begin(
          200,
          Map.of(
              "content-type", "text/event-stream; charset=utf-8",
              "cache-control", "no-cache",
              "x-accel-buffering", "no"));
      event("start", ProcessJson.started(process));
      while (!output.atEnd()) {
        Optional<ProcessOutput> next = output.next(KEEPALIVE);
        if (next.isPresent()) {
          output(next.get());
        } else if (!output.atEnd()) {
          event("keepalive", Json.object());
        }
      }
      rest(Channel.STDOUT);
      rest(Channel.STDERR);
      CommandExit exit = process.await(KEEPALIVE).orElseThrow();
      ObjectNode end = Json.object().put("exitCode", exit.exitCode());
      ProcessJson.signal(exit).ifPresent(name -> end.put("signal", name));
      event("end", end.put("timedOut", exit.timedOut()));
      exchange.end();
    }
  }

  private Utf8Pieces pieces(Channel channel) {
    return channel == Channel.STDOUT ? stdout : stderr;
  }

  private void output(ProcessOutput output) throws InterruptedException {
    String name = ProcessJson.name(output.channel());
    if (base64) {
      event(
          name,
          Json.object()
              .put("data", Base64.getEncoder().encodeToString(output.data()))
              .put("offset", output.offset()));
      return;
    }
    Utf8Pieces pieces = pieces(output.channel());
    long offset = output.offset() - pieces.pending();
    String piece = pieces.next(output.data());
    if (!piece.isEmpty()) {
      event(name, Json.object().put("text", piece).put("offset", offset));
    }
  }

  private void rest(Channel channel) throws InterruptedException {
    Utf8Pieces pieces = pieces(channel);
    int pending = pieces.pending();
    if (pending > 0) {
      long total = process.outputStart(channel) + process.output(channel).length;
      event(
          ProcessJson.name(channel),
          Json.object().put("text", pieces.rest()).put("offset", total - pending));
    }
  }

  private void event(String name, JsonNode data) throws InterruptedException {
    ByteArrayOutputStream frame = new ByteArrayOutputStream();
    frame.writeBytes(("event: " + name + "\ndata: ").getBytes(StandardCharsets.US_ASCII));
    frame.writeBytes(Json.bytes(data));
    frame.writeBytes("\n\n".getBytes(StandardCharsets.US_ASCII));
    exchange.write(frame.toByteArray());
  }
}
