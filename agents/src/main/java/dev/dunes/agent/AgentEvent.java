package dev.dunes.agent;

/** An event in the schema that all agents share. */
public sealed interface AgentEvent {
  /** Placeholder kind until the schema is written down here. */
  record Unparsed(String error) implements AgentEvent {}
}
