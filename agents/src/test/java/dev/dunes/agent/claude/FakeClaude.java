package dev.dunes.agent.claude;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.harness.FakeAgent;
import java.util.function.UnaryOperator;

/** An agent that plays what Claude Code said. */
final class FakeClaude extends FakeAgent {
  private static final String PLAYER = "/golden/fake-agent.sh";

  FakeClaude() {
    this(PLAYER);
  }

  /** With another program, a script. */
  FakeClaude(String script) {
    this(script, "host", "");
  }

  private FakeClaude(String script, String provider, String place) {
    super("claude", ClaudeAgent::new, script, provider, place);
  }

  /** In a sandbox that sees nothing of this machine's files; only notes are not for it. */
  static FakeClaude inLocalSandbox() {
    return new FakeClaude(PLAYER, "local", "/workspace");
  }

  AgentSession play(Recording recording, UnaryOperator<AgentOptions.Builder> options) {
    return play(recording.order(), recording.stdout(), recording.exit(), options);
  }
}
