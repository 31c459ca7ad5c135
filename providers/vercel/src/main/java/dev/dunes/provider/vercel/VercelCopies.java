package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.Forking;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxStateException;
import dev.dunes.sandbox.Snapshot;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/**
 * Files that are saved. Vercel ends the machine they are taken of; another one is started from them
 * at once, so the sandbox goes on with its files and without its processes.
 */
final class VercelCopies implements Forking {
  private static final int SERVER_ERROR = 500;

  private final VercelSandboxProvider provider;
  private final VercelApi api;
  private final VercelPauses pauses;
  private final String id;
  private final SandboxSpec spec;

  VercelCopies(
      VercelSandboxProvider provider,
      VercelApi api,
      VercelPauses pauses,
      String id,
      SandboxSpec spec) {
    this.provider = provider;
    this.api = api;
    this.pauses = pauses;
    this.id = id;
    this.spec = spec;
  }

  @Override
  public Snapshot snapshot() {
    return save(
        true,
        saved ->
            new Snapshot(
                VercelShape.snapshot(saved),
                provider.name(),
                Instant.ofEpochMilli(saved.path("createdAt").asLong(0))));
  }

  /** What is saved for it is only needed to begin with. */
  @Override
  public Sandbox fork() {
    return save(
        false,
        saved -> {
          try {
            return provider.fork(id, spec);
          } finally {
            provider.drop(VercelShape.snapshot(saved));
          }
        });
  }

  /**
   * @param forGood whether it stays until somebody deletes it
   * @param use what is done with it, while the sandbox runs again
   */
  private <T> T save(boolean forGood, Function<JsonNode, T> use) {
    JsonNode sandbox = provider.alive(id).orElseThrow(() -> provider.notFound(id)).path("sandbox");
    if (VercelShape.state(sandbox) != SandboxState.RUNNING) {
      throw new SandboxStateException(
          "the sandbox is stopped",
          ErrorDetails.at(provider.name(), id).withRemedy("resume it first"));
    }
    String session = VercelShape.session(sandbox);
    return provider.saving(
        session,
        () -> {
          pauses.keep(true); // else nothing is there to go on with
          JsonNode saved = snapshot(session, forGood);
          JsonNode shown = pauses.wake();
          T used = use.apply(saved);
          pauses.keep(false);
          pauses.goOn(shown);
          return used;
        },
        () -> undo(session));
  }

  /** While it is not known whether the vendor still saves, the sandbox stays one that is kept. */
  private JsonNode snapshot(String session, boolean forGood) {
    try {
      return api.snapshot(id, session, forGood);
    } catch (SandboxException e) {
      if (e.statusCode().orElse(SERVER_ERROR) < SERVER_ERROR) {
        ClearingAway.run(() -> pauses.keepNoMore(e));
      }
      throw e;
    }
  }

  /**
   * A machine is saved at most once, for it ends with that: its session is the mark. Nothing is
   * deleted before the sandbox runs again, for until then what was saved is all that is left of it.
   */
  private boolean undo(String session) {
    List<String> made =
        api.snapshots(id).stream()
            .filter(saved -> saved.path("sourceSessionId").asString("").equals(session))
            .map(VercelShape::snapshot)
            .toList();
    Optional<JsonNode> shown = provider.peek(id).map(each -> each.path("sandbox"));
    if (shown.isPresent() && (!made.isEmpty() || !runs(shown.get(), session))) {
      goOn(shown.get(), session);
    }
    made.forEach(api::deleteSnapshot);
    return !made.isEmpty();
  }

  private static boolean runs(JsonNode sandbox, String session) {
    return VercelShape.state(sandbox) == SandboxState.RUNNING
        && VercelShape.session(sandbox).equals(session);
  }

  private void goOn(JsonNode sandbox, String session) {
    if (VercelShape.session(sandbox).equals(session)
        && VercelShape.state(sandbox) != SandboxState.STOPPED) {
      pauses.awaitState(SandboxState.STOPPED);
    }
    JsonNode shown = pauses.wake();
    pauses.keep(false);
    pauses.goOn(shown);
  }

  @Override
  public boolean deleteSnapshot(String snapshot) {
    return provider.deleteSnapshot(snapshot);
  }
}
