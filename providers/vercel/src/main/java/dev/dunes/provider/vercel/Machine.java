package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.CloudCall;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * What a sandbox runs on now: a session there. When it was stopped and started again, it is another
 * one.
 */
final class Machine {
  /** Of a session that is unknown, stopped or stopping. */
  private static final Set<Integer> GONE = Set.of(404, 410, 422);

  private final VercelSandboxProvider provider;
  private final VercelApi api;
  private final String name;
  private volatile String session;

  Machine(VercelSandboxProvider provider, VercelApi api, String name, String session) {
    this.provider = provider;
    this.api = api;
    this.name = name;
    this.session = session;
  }

  VercelApi api() {
    return api;
  }

  String session() {
    return session;
  }

  CloudCall call(String method, String path) {
    return api.machine(method, name, session, path);
  }

  /**
   * Asks the machine there is now. A refusal because that has stopped does no harm, so after it the
   * one there is then is asked, once.
   */
  <T> T reaching(Function<Machine, T> asking) {
    try {
      return asking.apply(this);
    } catch (SandboxException e) {
      if (!GONE.contains(e.statusCode().orElse(0))) {
        throw e;
      }
      find(e);
    }
    try {
      return asking.apply(this);
    } catch (SandboxException e) {
      throw GONE.contains(e.statusCode().orElse(0)) ? why(e) : e;
    }
  }

  /** Finds the machine there is now; throws when there is none. */
  private void find(SandboxException refused) {
    JsonNode sandbox = provider.peek(name).orElseThrow(() -> gone(refused)).path("sandbox");
    String current = VercelShape.session(sandbox);
    if (VercelShape.state(sandbox) == SandboxState.RUNNING) {
      if (current.equals(session)) {
        throw refused; // it was something else that is not there
      }
      session = current;
      return;
    }
    if (VercelShape.Facts.of(sandbox).isPresent() || !VercelShape.persistent(sandbox)) {
      throw stopped(refused);
    }
    // one of somebody else: his own client would wake it up
    JsonNode woken = api.resume(name).orElseThrow(() -> gone(refused)).path("sandbox");
    session = VercelShape.session(woken);
  }

  /** Takes the machine of this answer from now on. */
  void now(JsonNode sandbox) {
    session = VercelShape.session(sandbox);
  }

  /** Says of a sandbox that is gone or stopped that it is, however that showed. */
  SandboxException why(SandboxException cause) {
    Optional<JsonNode> now;
    try {
      now = provider.peek(name);
    } catch (SandboxException unknown) {
      cause.addSuppressed(unknown);
      return cause;
    }
    if (now.isEmpty()) {
      return gone(cause);
    }
    SandboxState state = VercelShape.state(now.get().path("sandbox"));
    return state == SandboxState.STOPPED || state == SandboxState.STOPPING ? stopped(cause) : cause;
  }

  private SandboxNotFoundException gone(SandboxException cause) {
    return new SandboxNotFoundException(
        "sandbox '%s' is gone: destroyed, or its time was over".formatted(name),
        ErrorDetails.at(provider.name(), name)
            .withRemedy("`ds list` shows what there is")
            .withCause(cause));
  }

  private SandboxStateException stopped(SandboxException cause) {
    return new SandboxStateException(
        "the sandbox is stopped",
        ErrorDetails.at(provider.name(), name).withRemedy("resume it first").withCause(cause));
  }
}
