package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.ModelAccess;
import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.TurnOutcome;
import dev.dunes.gateway.GatewayEvent;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.time.TimeLimit;
import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the thread of a run does, from the plan to the result. */
final class RunWork {
  private static final Duration CREATE_LIMIT = Duration.ofSeconds(60);
  private static final int KILLED = 137;

  private final RunStart start;
  private final RunRequest request;
  private final RunServices services;
  private final LiveRun run;
  private final RunCleanup cleanup;
  private final Progress progress = new Progress();
  private final StderrEvents stderr;
  private final SecretMask mask;
  private RunEvent.@Nullable Result held;

  RunWork(RunStart start, RunServices services, LiveRun run, RunCleanup cleanup) {
    this.start = start;
    this.request = start.request();
    this.services = services;
    this.run = run;
    this.cleanup = cleanup;
    this.mask = SecretMask.of(secrets(start));
    this.stderr = new StderrEvents(mask);
  }

  /** Every key this run could get hold of, under names that tell. */
  private static Map<String, String> secrets(RunStart start) {
    Map<String, String> all = new HashMap<>(start.variables());
    ProviderKeys keys = start.request().keys();
    keys.anthropic().ifPresent(key -> all.put("request.anthropic.KEY", key));
    keys.openrouter().ifPresent(key -> all.put("request.openrouter.KEY", key));
    keys.e2b().ifPresent(key -> all.put("request.e2b.KEY", key));
    return all;
  }

  /** Does everything; the last event. */
  RunEvent result() throws InterruptedException {
    services.doors().expect(start.provider());
    request.remember().ifPresent(text -> services.memories().remember(request.scope(), text));
    RunPlan plan =
        new RunPlanner(request, start.config(), start.variables(), services.directory())
            .plan(services.memories().prefix(request.scope()));
    plan.model().ifPresent(model -> run.update(record -> record.withModel(model)));
    for (String warning : start.warnings()) {
      run.publish(new RunEvent.Warning(warning));
    }
    Agent agent = services.agents().apply(request.agent());
    AgentPlacement placement = prepare(agent);
    RunPlace place = place(plan, placement);
    run.checkStop();
    Sandbox sandbox = place.sandbox();
    Timers.Timer deadline =
        services
            .timers()
            .after(
                start.timeout(), () -> run.stop(StopReason.timedOut(start.timeout().toSeconds())));
    Timers.Timer watch = watchProgress(place.lease());
    try {
      SandboxFilling filling = new SandboxFilling(start, services, run);
      filling.fill(sandbox, place.home(), plan);
      run.checkStop();
      AgentSession session = open(agent, sandbox, options(agent, plan, place));
      cleanup.opened(session);
      // While the agent starts: it does nothing before it is asked.
      Optional<GeneratedFiles> before =
          request.extractFiles()
              ? Optional.of(GeneratedFiles.notice(sandbox, place.home()))
              : Optional.empty();
      send(session);
      RunEvent last =
          services
              .observer()
              .timed(run.record(), RunObserver.Phase.AGENT_EXECUTE, () -> read(session));
      run.resultIsIn();
      deadline.cancel();
      watch.cancel();
      new SandboxEmptying(start, services, run).empty(sandbox, place.home(), session, before);
      return last;
    } finally {
      deadline.cancel();
      watch.cancel();
    }
  }

  private AgentPlacement prepare(Agent agent) {
    try {
      return agent.prepare(InstallProgress.SILENT);
    } catch (AgentException e) {
      throw failed(e);
    }
  }

  private RunPlace place(RunPlan plan, AgentPlacement placement) {
    RunPlaces places = new RunPlaces(start, services, cleanup);
    try (TimeLimit _ = new TimeLimit(services.timers(), CREATE_LIMIT)) {
      RunPlace place =
          services
              .observer()
              .timed(
                  run.record(),
                  RunObserver.Phase.SANDBOX_CREATE,
                  () -> places.open(plan, placement, this::onGateway));
      run.update(record -> record.withSandbox(place.sandbox().id()));
      return place;
    } catch (SandboxException e) {
      run.checkStop();
      throw new RunFailedException(
          FailureCode.SANDBOX_CREATE,
          "error",
          "Failed to create %s sandbox: %s"
              .formatted(
                  places.title(),
                  e instanceof SandboxInterruptedException
                      ? "not ready after " + CREATE_LIMIT.toSeconds() + " s"
                      : reason(e)),
          e);
    }
  }

  private static String reason(SandboxException e) {
    Throwable inner = e.getSuppressed().length == 1 ? e.getSuppressed()[0] : e;
    String text = String.valueOf(inner.getMessage());
    return inner instanceof SandboxException known && known.remedy().isPresent()
        ? text + " (" + known.remedy().get() + ")"
        : text;
  }

  private void onGateway(GatewayEvent event) {
    if (event instanceof GatewayEvent.KeyRejected rejected) {
      run.stop(StopReason.keyRejected(rejected.provider(), rejected.status(), rejected.message()));
    }
  }

  private Timers.Timer watchProgress(GatewayLease lease) {
    Duration limit = services.noProgress();
    Duration period = Duration.ofMillis(Math.clamp(limit.toMillis() / 8, 100, 5000));
    return services
        .timers()
        .every(
            period,
            () -> {
              if (progress.idle(lease.lastActivity()).compareTo(limit) >= 0) {
                run.stop(StopReason.noProgress(limit.toSeconds()));
              }
            });
  }

  private AgentOptions options(Agent agent, RunPlan plan, RunPlace place) {
    ModelAccess access =
        RunOptions.access(agent, place.baseUrl(), place.lease().token(), start.upstreams());
    String home = place.home().home();
    AgentOptions.Builder options =
        RunOptions.of(agent, request, plan, access).workingDir(home).home(home);
    place.agentEnvironment().forEach(options::env);
    return options.build();
  }

  private AgentSession open(Agent agent, Sandbox sandbox, AgentOptions options) {
    try {
      return agent.open(sandbox, options);
    } catch (AgentException e) {
      run.checkStop();
      throw failed(e);
    } catch (SandboxException e) {
      run.checkStop();
      throw new RunFailedException(
          FailureCode.CRASHED, "crashed", "Agent could not be started: " + reason(e), e);
    }
  }

  private void send(AgentSession session) {
    run.checkStop();
    try {
      session.send(new Prompt(request.prompt()));
    } catch (AgentException e) {
      run.checkStop();
      throw failed(e);
    }
  }

  private static RunFailedException failed(AgentException e) {
    String text =
        e.remedy()
            .map(remedy -> e.getMessage() + " (" + remedy + ")")
            .orElse(String.valueOf(e.getMessage()));
    return new RunFailedException(FailureCode.INTERNAL, "agent_error", text, e);
  }

  /** Passes on what the agent says until its turn has ended. */
  private RunEvent read(AgentSession session) throws InterruptedException {
    try {
      while (true) {
        Optional<AgentOutput> next = session.next();
        run.checkStop();
        if (next.isEmpty()) {
          return held != null ? held : crashed(session.waitFor());
        }
        if (next.get() instanceof AgentOutput.TurnEnded turn) {
          return held != null ? held : resultOf(turn.outcome(), session);
        }
        hear(next.get(), session);
      }
    } catch (SandboxInterruptedException e) {
      run.checkStop();
      throw e;
    } catch (SandboxException e) {
      run.checkStop();
      throw new RunFailedException(
          FailureCode.CRASHED, "crashed", "Sandbox ended before a result: " + reason(e), e);
    } catch (AgentException e) {
      run.checkStop();
      throw new RunFailedException(
          FailureCode.CRASHED, "crashed", String.valueOf(e.getMessage()), e);
    }
  }

  private void hear(AgentOutput output, AgentSession session) throws InterruptedException {
    switch (output) {
      case AgentOutput.Message message -> hear(message, session);
      case AgentOutput.Text text -> pass(new RunEvent.Stdout(mask.apply(text.line())));
      case AgentOutput.Diagnostics diagnostics -> {
        Optional<RunEvent> event = stderr.event(diagnostics.text());
        if (event.isPresent()) {
          pass(event.get());
        }
      }
      case AgentOutput.Dropped dropped ->
          pass(
              new RunEvent.Warning(
                  "A line of %,d bytes was dropped: more than 15 MiB".formatted(dropped.bytes())));
      // Not the end after all: the stream has one result.
      case AgentOutput.Superseded superseded -> progress.heard(superseded.json());
      case AgentOutput.Ask ask -> refuse(ask.event(), session);
      case AgentOutput.TurnEnded ended -> throw new IllegalStateException("handled before");
    }
  }

  /** Nobody is there to ask. */
  private void refuse(AgentEvent event, AgentSession session) {
    progress.heard();
    if (event instanceof AgentEvent.QuestionRequested question) {
      session.rejectQuestion(question.questionId());
    } else if (event instanceof AgentEvent.PermissionRequested permission) {
      session.answerPermission(permission.permissionId(), PermissionReply.REJECT);
    }
  }

  private void hear(AgentOutput.Message message, AgentSession session) throws InterruptedException {
    progress.heard(message.json());
    noteInit(message.json(), session);
    if (Json.string(message.json(), "type").filter("result"::equals).isPresent()) {
      held = new RunEvent.Result(message.raw(), message.json(), outcome(message.json()));
    } else {
      pass(new RunEvent.Message(message.raw(), message.json(), message.events()));
    }
  }

  private void pass(RunEvent event) throws InterruptedException {
    progress.heldUp(true);
    try {
      run.publish(event);
    } finally {
      progress.heldUp(false);
    }
  }

  private void noteInit(JsonNode message, AgentSession session) {
    if (run.record().agentSessionId().isEmpty()) {
      session
          .nativeSessionId()
          .or(() -> Json.string(message, "session_id"))
          .ifPresent(id -> run.update(record -> record.withAgentSession(id)));
    }
    if (run.record().model().isEmpty() && message.path("subtype").asString("").equals("init")) {
      Json.string(message, "model").ifPresent(m -> run.update(record -> record.withModel(m)));
    }
  }

  private static TurnOutcome outcome(JsonNode result) {
    String subtype = Json.string(result, "subtype").orElse("success");
    return new TurnOutcome(
        subtype.equals("success") && !result.path("is_error").asBoolean(false),
        subtype,
        Json.string(result, "result"),
        Optional.ofNullable(result.get("structured_output")),
        result.path("num_turns").asInt(0),
        result.path("total_cost_usd").asDouble(0));
  }

  /** For agents whose own protocol has no message that is a result. */
  private RunEvent resultOf(TurnOutcome outcome, AgentSession session) {
    var node =
        Json.object()
            .put("type", "result")
            .put("subtype", outcome.success() ? "success" : outcome.reason())
            .put("is_error", !outcome.success())
            .put("num_turns", outcome.turns())
            .put("total_cost_usd", outcome.costUsd());
    outcome.text().ifPresent(text -> node.put("result", text));
    outcome.structured().ifPresent(value -> node.set("structured_output", value));
    session.nativeSessionId().ifPresent(id -> node.put("session_id", id));
    return new RunEvent.Result(Json.bytes(node), node, outcome);
  }

  private RunEvent crashed(AgentExit exit) {
    String why =
        exit.outOfMemory() || exit.code() == KILLED ? " (killed, possibly out of memory)" : "";
    throw new RunFailedException(
        FailureCode.CRASHED,
        "Agent process exited with code %d before a result%s".formatted(exit.code(), why));
  }
}
