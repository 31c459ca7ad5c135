package dev.dunes.session;

import dev.dunes.agent.Agent;
import dev.dunes.session.time.Timers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;

/** What every run of one {@link Runs} uses. */
record RunServices(
    Path directory,
    Settings settings,
    RunStore store,
    Memories memories,
    SessionArchive archive,
    Artifacts artifacts,
    Places places,
    Doors doors,
    Ownership ownership,
    Timers timers,
    Function<String, Agent> agents,
    SafeObserver observer,
    Duration noProgress) {}
