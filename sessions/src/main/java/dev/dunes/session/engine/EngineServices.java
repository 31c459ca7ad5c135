package dev.dunes.session.engine;

import dev.dunes.agent.Agent;
import dev.dunes.session.time.Timers;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What the engine works with.
 *
 * @param agents by id; throws {@link dev.dunes.agent.AgentException} when there is none
 * @param agentIds in the order in which to show them
 * @param limits as they are set now
 */
public record EngineServices(
    Function<String, Agent> agents,
    List<String> agentIds,
    PlaceOpener places,
    Timers timers,
    Supplier<TurnLimits> limits) {}
