package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.AgentSettings;
import dev.dunes.agent.Agents;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.session.engine.EngineServices;
import dev.dunes.session.engine.SessionEngine;
import dev.dunes.session.engine.TurnLimits;
import dev.dunes.session.time.Timers;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Starts runs and knows those there were. One for each working directory and process. Safe for use
 * by several threads.
 *
 * {@snippet :
 * try (Runs runs = Runs.open(RunsConfig.builder().build())) {
 *   Run run = runs.start(RunRequest.builder("Write hello.txt").build());
 *   try (RunSubscription events = run.subscribe()) {
 *     for (var next = events.next(); next.isPresent(); next = events.next()) {
 *       System.out.println(new String(next.get().json(), StandardCharsets.UTF_8));
 *     }
 *   }
 * }
 * }
 */
public final class Runs implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);
  private static final Duration REAP_EVERY = Duration.ofSeconds(60);
  private static final Duration CLEANUP_LIMIT = Duration.ofSeconds(20);

  private final RunsConfig config;
  private final Settings settings;
  private final ProjectConfigFile project;
  private final LimitsFile limits;
  private final RunServices services;
  private final RunAcceptance acceptance;
  private final Admission admission = new Admission();
  private final Map<String, LiveRun> live = new ConcurrentHashMap<>();
  private final Reaper reaper;
  private final ReentrantLock reaping = new ReentrantLock();
  private final Triggers triggers;
  private final Agents known;
  private final Boxes boxes;
  private final SharedWorkspaces workspaces;
  private final ReentrantLock opening = new ReentrantLock();
  private @Nullable SessionEngine sessions;
  private volatile boolean closing;

  private Runs(RunsConfig config) {
    this.config = config;
    Path directory = config.directory();
    Path store = directory.resolve(".sandstorm");
    this.settings = new Settings(config.environment(), directory);
    this.project = new ProjectConfigFile(directory);
    this.limits = LimitsFile.of(settings, directory);
    this.known = agents(settings, directory);
    Places places = new Places(config.sandboxes(), settings);
    places.configured();
    this.services =
        new RunServices(
            directory,
            settings,
            new RunStore(
                new JsonLinesFile(store.resolve("runs.jsonl")), settings.on("DUNES_STORE_PROMPTS")),
            new Memories(new JsonLinesFile(store.resolve("memories.jsonl"))),
            new SessionArchive(store.resolve("sessions")),
            new Artifacts(
                Duration.ofSeconds(settings.number("DUNES_ARTIFACT_TTL", 600, 1, 604_800))),
            places,
            new Doors(config.gateways(), settings),
            Ownership.of(store),
            new Timers(),
            this::agent,
            new SafeObserver(config.observer()),
            Duration.ofSeconds(settings.number("DUNES_NO_PROGRESS_TIMEOUT", 120, 1, 86_400)));
    this.acceptance = new RunAcceptance(services, project, limits);
    this.boxes = new Boxes(services, project, limits::current);
    this.workspaces = new SharedWorkspaces(boxes, this::placements);
    this.reaper = new Reaper(places.sandboxes(), services.ownership(), this::living);
    this.triggers = new Triggers(this, project, settings, services.timers());
  }

  /**
   * Opens the runs of a working directory.
   *
   * @throws RunRefusedException of reason {@code CONFIG} when a setting cannot be
   */
  public static Runs open(RunsConfig config) {
    Runs runs = new Runs(config);
    if (config.serving()) {
      runs.serve();
    }
    return runs;
  }

  private static Agents agents(Settings settings, Path directory) {
    Path home = Path.of(System.getProperty("user.home"));
    try {
      return Agents.open(new AgentSettings(settings.all(), home, directory));
    } catch (AgentException e) {
      String remedy = e.remedy().map(each -> "; " + each).orElse("");
      throw RunRefusedException.config(e.getMessage() + remedy);
    }
  }

  private void serve() {
    services
        .timers()
        .every(REAP_EVERY, () -> Thread.ofVirtual().name("run-reaper").start(this::sweep));
    Thread.ofVirtual().name("run-reaper").start(this::sweep);
    triggers.start();
  }

  /**
   * Accepts a run: it is known by its id when this returns, and its sandbox is on its way. Waits
   * for a place as long as {@code queue_timeout_seconds} says.
   *
   * @throws RunRefusedException when it is not accepted
   * @throws SandboxInterruptedException when interrupted while it waits for a place
   */
  public Run start(RunRequest request) {
    return start(request, RunIds.random());
  }

  Run start(RunRequest request, RunIds ids) {
    try {
      return accepted(request, ids);
    } catch (RunRefusedException e) {
      services.observer().tell(o -> o.refused(e.reason()));
      throw e;
    }
  }

  private Run accepted(RunRequest request, RunIds ids) {
    refuseWhenClosing();
    String id = ids.next(services.store());
    RunStart start = acceptance.accept(request, id);
    Admission.Place place = place(start);
    try {
      refuseWhenClosing();
      RunRecord first = acceptance.record(start, Instant.now());
      if (!services.store().add(first, RunBody.of(request))) {
        throw new IllegalStateException("the id of a run was given twice: " + id);
      }
      LiveRun run = new LiveRun(start, services, first, place, () -> live.remove(id));
      live.put(id, run);
      services.observer().tell(o -> o.started(first));
      run.begin();
      return run;
    } catch (RuntimeException | Error e) {
      place.close();
      throw e;
    }
  }

  private Admission.Place place(RunStart start) {
    try {
      return admission.take(
          Concurrency.limit(start.limits(), start.provider()),
          Duration.ofSeconds(start.limits().queueTimeoutSeconds()),
          start.id());
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for a place for a run", e);
    }
  }

  private void refuseWhenClosing() {
    if (closing) {
      throw RunRefusedException.shuttingDown();
    }
  }

  /**
   * The sessions of this working directory. The first call begins to open their journal, and does
   * not wait for it. They are closed with these runs.
   */
  public Sessions sessions() {
    opening.lock();
    try {
      if (sessions == null) {
        refuseWhenClosing();
        sessions =
            new SessionEngine(
                new EngineServices(
                    this::agent,
                    agentIds(),
                    new SessionPlaces(services, boxes, workspaces),
                    services.timers(),
                    this::turnLimits),
                config.directory().resolve(".sandstorm").resolve("journal"),
                journalLimit());
      }
      return sessions;
    } finally {
      opening.unlock();
    }
  }

  /** A sandbox that several sessions share, made when it is first needed. */
  public Workspace workspace(String name) {
    return workspaces.get(requireNonNull(name, "name"));
  }

  private List<String> agentIds() {
    return Stream.concat(known.ids().stream(), config.agents().keySet().stream())
        .distinct()
        .toList();
  }

  private List<AgentPlacement> placements() {
    return agentIds().stream().flatMap(id -> agent(id).installed().stream()).toList();
  }

  private TurnLimits turnLimits() {
    return new TurnLimits(
        seconds("DUNES_TURN_TIMEOUT", 3600),
        seconds("DUNES_TURN_IDLE_TIMEOUT", 300),
        seconds("DUNES_AGENT_START_TIMEOUT", 240),
        seconds("DUNES_SESSION_IDLE_TIMEOUT", 1800));
  }

  private Duration seconds(String variable, int usual) {
    return Duration.ofSeconds(settings.number(variable, usual, 1, 604_800));
  }

  /** Deletes the sessions in which nothing has happened for as long as is set. */
  void deleteOldSessions() {
    int hours = settings.number("DUNES_SESSION_RETENTION_HOURS", 0, 0, 876_000);
    SessionEngine opened;
    opening.lock();
    try {
      opened = sessions;
    } finally {
      opening.unlock();
    }
    if (hours > 0 && opened != null) {
      int deleted = opened.deleteOlder(config.clock().instant().minus(Duration.ofHours(hours)));
      if (deleted > 0) {
        LOG.info("{} sessions were deleted: nothing has happened in them for {} h", deleted, hours);
      }
    }
  }

  private OptionalLong journalLimit() {
    int megabytes = settings.number("DUNES_JOURNAL_MAX_MB", 0, 0, Integer.MAX_VALUE);
    return megabytes == 0 ? OptionalLong.empty() : OptionalLong.of((long) megabytes << 20);
  }

  private Set<String> living() {
    Set<String> all = new HashSet<>(live.keySet());
    all.addAll(boxes.live());
    return all;
  }

  private Agent agent(String name) {
    return Optional.ofNullable(config.agents().get(name)).orElseGet(() -> known.get(name));
  }

  /** A run that has not been cleaned up yet. */
  public Optional<Run> find(String id) {
    return Optional.ofNullable(live.get(id));
  }

  /** A run, living or not. */
  public Optional<RunRecord> record(String id) {
    return services.store().find(id);
  }

  /** Runs, the newest first. */
  public List<RunRecord> list(int limit) {
    return services.store().list(limit);
  }

  /**
   * A run as {@code GET /runs} has it: {@code raw_prompt} cut at 10,000 characters, files as sizes.
   */
  public JsonNode summary(RunRecord run) {
    return RunViews.summary(run, services.store().body(run.id()));
  }

  /** A run as {@code GET /runs/{id}} has it: with everything that is still known. */
  public JsonNode detail(RunRecord run) {
    return RunFormat.write(run, services.store().body(run.id()));
  }

  /** Ends a run; what became of the wish. */
  public CancelOutcome cancel(String id) {
    Optional<RunRecord> record = record(id);
    if (record.isEmpty()) {
      return new CancelOutcome.Unknown();
    }
    LiveRun run = live.get(id);
    if (!record.get().running() || run == null) {
      return new CancelOutcome.NotRunning(record.get().status());
    }
    run.cancel();
    return new CancelOutcome.Cancelling();
  }

  /** A file that a run made, while it is kept: {@code DUNES_ARTIFACT_TTL}, default 600 s. */
  public Optional<InputStream> file(String runId, String relativePath) {
    return services
        .artifacts()
        .find(runId, relativePath)
        .map(file -> {
          try {
            return Files.newInputStream(file);
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          }
        });
  }

  /** What is remembered about users. */
  public Memories memories() {
    return services.memories();
  }

  /** What starts runs by itself. */
  public Triggers triggers() {
    return triggers;
  }

  /** The variables that configure this. */
  public Settings settings() {
    return settings;
  }

  /** What is known about the state of things: configuration, keys, provider. */
  public RunsHealth health() {
    return new RunsHealth(services, project, limits);
  }

  /** How many runs hold a place. */
  public int active() {
    return admission.taken();
  }

  /** Destroys what was left over, now; how many sandboxes. */
  public int reap() {
    reaping.lock();
    try {
      return reaper.pass();
    } finally {
      reaping.unlock();
    }
  }

  private void sweep() {
    try {
      reap();
      services.archive().sweep();
      services.artifacts().sweep();
      deleteOldSessions();
    } catch (RuntimeException e) {
      LOG.warn("could not look for leftovers", e);
    }
  }

  /**
   * Accepts no more runs, lets those that live go on for so long, then ends them with the code
   * {@code shutdown}. Returns when they are cleaned up. Safe to repeat.
   */
  public void close(Duration grace) {
    closing = true;
    triggers.stop();
    admission.close();
    Instant deadline = Instant.now().plus(grace);
    for (LiveRun run : List.copyOf(live.values())) {
      Duration left = Duration.between(Instant.now(), deadline);
      run.awaitEnd(left.isNegative() ? Duration.ZERO : left);
    }
    live.values().forEach(run -> run.stop(StopReason.SHUTDOWN));
    Instant last = Instant.now().plus(CLEANUP_LIMIT);
    for (LiveRun run : List.copyOf(live.values())) {
      Duration left = Duration.between(Instant.now(), last);
      if (!run.awaitCleanup(left.isNegative() ? Duration.ZERO : left)) {
        LOG.warn("run {} is not cleaned up; its sandbox is left to the next server", run.id());
      }
    }
    closeSessions();
    workspaces.close();
    services.timers().close();
    services.doors().close();
    services.places().close();
    services.artifacts().close();
  }

  private void closeSessions() {
    opening.lock();
    try {
      if (sessions != null) {
        sessions.close();
      }
    } finally {
      opening.unlock();
    }
  }

  /** {@link #close(Duration)} without grace. */
  @Override
  public void close() {
    close(Duration.ZERO);
  }
}
