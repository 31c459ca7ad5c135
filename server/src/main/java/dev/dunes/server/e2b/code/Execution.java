package dev.dunes.server.e2b.code;

import dev.dunes.hosting.HostedSandbox;
import dev.dunes.hosting.HostingException;
import dev.dunes.hosting.OpenSandbox;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.server.e2b.PortCall;
import dev.dunes.server.e2b.code.KernelEvent.Begun;
import dev.dunes.server.e2b.code.KernelEvent.Died;
import dev.dunes.server.e2b.code.KernelEvent.Failure;
import dev.dunes.server.e2b.code.KernelEvent.Finished;
import dev.dunes.server.e2b.code.KernelEvent.Output;
import dev.dunes.server.e2b.code.KernelEvent.Shown;
import dev.dunes.server.http.Exchange;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** One run of code, told to its client line by line while it happens. E2B wire 2.10. */
final class Execution {
  private static final Duration KEEPALIVE = Duration.ofSeconds(5);

  private final Exchange exchange;
  private final PortCall call;
  private final OpenSandbox open;
  private final CodeContext context;
  private final ExecuteBody body;

  /** Whether the client was told which run this is. */
  private boolean counted;

  /** Why the kernel before this one ended, until the client was told. */
  private Optional<String> lastKernel = Optional.empty();

  Execution(
      Exchange exchange, PortCall call, OpenSandbox open, CodeContext context, ExecuteBody body) {
    this.exchange = exchange;
    this.call = call;
    this.open = open;
    this.context = context;
    this.body = body;
  }

  /**
   * Answers the request.
   *
   * @throws KernelException before anything was answered, when there is no kernel
   */
  void answer() throws InterruptedException {
    Optional<String> before = context.ready(open.sandbox());
    exchange.begin(
        200, Map.of("content-type", "application/x-ndjson", "cache-control", "no-cache"));
    while (!context.enter(KEEPALIVE)) {
      exchange.write(CodeLines.keepalive());
    }
    Optional<CodeContext.Running> running = Optional.empty();
    boolean over = false;
    try {
      Optional<String> since = context.ready(open.sandbox());
      if (context.removed()) {
        exchange.write(failure("ContextRemoved", "context %s was removed".formatted(context.id())));
        over = true;
      } else {
        lastKernel = since.or(() -> before);
        boolean again = false;
        while (!over) {
          CodeContext.Running now = context.run(body.code(), body.env());
          running = Optional.of(now);
          lastKernel = follow(now, !again);
          over = lastKernel.isEmpty();
          if (!over) {
            context.ready(open.sandbox());
            again = true;
          }
        }
      }
    } catch (KernelException e) {
      exchange.write(failure("KernelUnavailable", String.valueOf(e.getMessage())));
      over = true;
    } finally {
      if (running.isPresent() && !over) {
        context.abandon(running.get());
      } else {
        context.leave();
      }
    }
    exchange.write(CodeLines.end());
    exchange.end();
  }

  private static Output anew(String epitaph) {
    return new Output(
        Channel.STDERR,
        "this is a new kernel, without what earlier code has left: of the last one, %s\n"
            .formatted(epitaph));
  }

  /**
   * Tells what comes.
   *
   * @param retry whether another kernel may run the code when this one did nothing of it
   * @return of what the kernel died then
   */
  private Optional<String> follow(CodeContext.Running running, boolean retry)
      throws InterruptedException {
    while (true) {
      Optional<KernelEvent> next = running.events().next(KEEPALIVE);
      if (next.isEmpty()) {
        exchange.write(CodeLines.keepalive());
        continue;
      }
      if (next.get() instanceof Died died && retry && !died.begun()) {
        refuseWhenGone();
        return Optional.of(died.why());
      }
      opening(running.count());
      switch (next.get()) {
        case Begun ignored -> {}
        case Output output -> exchange.write(CodeLines.output(output));
        case Shown shown -> exchange.write(CodeLines.result(shown));
        case Failure failure -> exchange.write(CodeLines.failure(failure));
        case Finished ignored -> {
          return Optional.empty();
        }
        case Died died -> {
          refuseWhenGone();
          exchange.write(
              failure(
                  "KernelDied",
                  "the kernel ended while it ran the code: %s. The context starts anew with the next run"
                      .formatted(died.why())));
          return Optional.empty();
        }
      }
    }
  }

  /** What an answer has once, before anything else, whichever kernel runs the code in the end. */
  private void opening(int count) throws InterruptedException {
    if (!counted) {
      counted = true;
      exchange.write(CodeLines.executions(count));
    }
    if (lastKernel.isPresent()) {
      exchange.write(CodeLines.output(anew(lastKernel.get())));
      lastKernel = Optional.empty();
    }
  }

  /** A stream of a sandbox that has ended is cut, not ended. E2B wire 3.6. */
  private void refuseWhenGone() {
    Optional<HostedSandbox> there =
        call.hosting().list(call.account()).stream()
            .filter(sandbox -> sandbox.id().equals(call.sandbox().id()))
            .findFirst();
    if (there.isEmpty() || open.sandbox().state() == SandboxState.TERMINATED) {
      throw new HostingException(
          HostingException.Reason.NOT_FOUND,
          "sandbox '%s' has ended".formatted(call.sandbox().id()));
    }
  }

  private static byte[] failure(String name, String value) {
    return CodeLines.failure(new Failure(name, value, ""));
  }
}
