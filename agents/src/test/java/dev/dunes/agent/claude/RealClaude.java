package dev.dunes.agent.claude;

import dev.dunes.agent.harness.RealAgent;
import java.net.URI;

/** The real Claude Code. */
final class RealClaude extends RealAgent {
  RealClaude() {
    super("claude");
  }

  /** With another model. */
  RealClaude(URI address) {
    super("claude", address);
  }
}
