package dev.dunes.agent.codex;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.harness.FakeAgent;
import java.util.function.UnaryOperator;

/** An agent that plays what Codex said. */
final class FakeCodex extends FakeAgent {
  FakeCodex() {
    this("/golden/fake-agent.sh");
  }

  /** With another program, a script. */
  FakeCodex(String script) {
    super("codex", CodexAgent::new, script, "host", "");
  }

  AgentSession play(CodexRecording recording, UnaryOperator<AgentOptions.Builder> options) {
    return play(recording.order(), recording.stdout(), 0, options);
  }
}
