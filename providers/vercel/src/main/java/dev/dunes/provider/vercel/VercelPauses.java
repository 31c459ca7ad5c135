package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Pausing;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Machines that stop and start again: the files stay, processes end. */
final class VercelPauses implements Pausing {
  private static final Duration STOP_LIMIT = Duration.ofMinutes(3);
  private static final long LOOK_MILLIS = 200;

  private final VercelSandboxProvider provider;
  private final VercelApi api;
  private final Machine machine;
  private final String id;

  VercelPauses(VercelSandboxProvider provider, VercelApi api, Machine machine, String id) {
    this.provider = provider;
    this.api = api;
    this.machine = machine;
    this.id = id;
  }

  /** What is stopped is only kept by one that is to be kept: so it is, as long as it is stopped. */
  @Override
  public void pause() {
    JsonNode sandbox = alive().path("sandbox");
    if (VercelShape.state(sandbox) == SandboxState.STOPPED) {
      return;
    }
    keep(true);
    try {
      api.stop(id, VercelShape.session(sandbox));
      awaitState(SandboxState.STOPPED);
    } catch (SandboxException e) {
      ClearingAway.run(() -> keepNoMore(e));
      throw e;
    }
  }

  private JsonNode alive() {
    return provider.alive(id).orElseThrow(() -> provider.notFound(id));
  }

  /** Whether the files stay when the machine stops. */
  void keep(boolean persistent) {
    ObjectNode change = CloudHttp.object().put("persistent", persistent);
    api.update(id, change);
  }

  /** One that still runs and is kept would go on to cost something once it has stopped. */
  void keepNoMore(SandboxException failure) {
    try {
      boolean runs =
          provider
              .peek(id)
              .map(shown -> VercelShape.state(shown.path("sandbox")))
              .filter(SandboxState.RUNNING::equals)
              .isPresent();
      if (runs) {
        keep(false);
      }
    } catch (SandboxException e) {
      failure.addSuppressed(e);
    }
  }

  @Override
  public void resume() {
    alive();
    JsonNode shown = wake();
    keep(false);
    goOn(shown);
  }

  /** Starts a machine from what was kept, unless there is one. */
  JsonNode wake() {
    JsonNode shown = api.resume(id).orElseThrow(() -> provider.notFound(id));
    if (VercelShape.state(shown.path("sandbox")) != SandboxState.RUNNING) {
      shown = awaitState(SandboxState.RUNNING);
    }
    machine.now(shown.path("sandbox"));
    return shown;
  }

  /** A machine's time begins anew: it is to last until the deadline. */
  void goOn(JsonNode shown) {
    Optional<Instant> deadline = VercelShape.info(shown.path("sandbox")).deadline();
    if (deadline.isPresent()) {
      lengthen(shown, deadline.get());
    }
  }

  /** A machine's time can be made longer there, never shorter. */
  void lengthen(JsonNode shown, Instant deadline) {
    JsonNode session = shown.path("session");
    long since = session.path("startedAt").asLong(session.path("createdAt").asLong(0));
    Instant end = Instant.ofEpochMilli(since).plusMillis(session.path("timeout").asLong(0));
    Duration missing = Duration.between(end, deadline);
    if (VercelShape.state(shown.path("sandbox")) == SandboxState.RUNNING && missing.isPositive()) {
      api.extend(id, session.path("id").asString(machine.session()), missing);
    }
  }

  JsonNode awaitState(SandboxState wanted) {
    long end = System.nanoTime() + STOP_LIMIT.toNanos();
    while (true) {
      JsonNode shown = alive();
      SandboxState state = VercelShape.state(shown.path("sandbox"));
      if (state == wanted) {
        return shown;
      }
      if (state == SandboxState.ERROR) {
        throw new ProviderException(
            "the sandbox failed",
            ErrorDetails.at(provider.name(), id).withRemedy("make another one"));
      }
      if (System.nanoTime() - end > 0) {
        throw SandboxTimeoutException.after(STOP_LIMIT);
      }
      VercelSandbox.pause(LOOK_MILLIS);
    }
  }
}
