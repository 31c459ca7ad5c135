package dev.dunes.server.e2b.envd;

import dev.dunes.hosting.HostedProcess;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.server.e2b.connect.ConnectCode;
import dev.dunes.server.e2b.connect.ConnectException;
import dev.dunes.server.e2b.connect.Message;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.function.Predicate;

/** Which process a request means. E2B wire 2.8, and 4, 1: no tag hides another. */
final class ProcessSelector {
  /** How long the end of a process can be asked for. E2B wire 3.4. */
  private static final Duration END_KNOWN = Duration.ofSeconds(30);

  private ProcessSelector() {}

  /** One that runs. */
  static HostedProcess running(OpenSandbox open, Message request) {
    return find(open, request, HostedProcess::isRunning);
  }

  /** One that runs, or has just ended. */
  static HostedProcess known(OpenSandbox open, Message request) {
    Instant oldest = Instant.now().minus(END_KNOWN);
    return find(
        open,
        request,
        process -> process.isRunning() || process.endedAt().isAfter(oldest) && hasEnd(process));
  }

  /** What ended with its sandbox has no end that anybody could be told. */
  private static boolean hasEnd(HostedProcess process) {
    try {
      return process.exit().isPresent();
    } catch (SandboxException e) {
      return false;
    }
  }

  private static HostedProcess find(
      OpenSandbox open, Message request, Predicate<HostedProcess> usable) {
    Message selector =
        request
            .message("process")
            .filter(process -> process.has("pid") || process.has("tag"))
            .orElseThrow(() ->
                new ConnectException(
                    ConnectCode.INVALID_ARGUMENT, "process.pid or process.tag is required"));
    Predicate<HostedProcess> meant =
        selector.has("pid")
            ? process -> process.number() == selector.number("pid")
            : process -> process.tag().equals(Optional.of(selector.text("tag")));
    // Of several with one tag a running one is meant, and of those the last.
    return open.processes().list().stream()
        .filter(meant)
        .filter(usable)
        .max(Comparator.comparing(HostedProcess::isRunning).thenComparing(HostedProcess::startedAt))
        .orElseThrow(() -> new ConnectException(ConnectCode.NOT_FOUND, missing(selector)));
  }

  private static String missing(Message selector) {
    return selector.has("pid")
        ? "process with pid %d not found".formatted(selector.number("pid"))
        : "process with tag %s not found".formatted(selector.text("tag"));
  }
}
