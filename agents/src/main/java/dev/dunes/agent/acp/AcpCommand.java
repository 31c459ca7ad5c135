package dev.dunes.agent.acp;

import dev.dunes.agent.AgentOptions;
import dev.dunes.sandbox.Command;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The command that starts an agent: in its working directory, with an environment of its own. */
public final class AcpCommand {
  private AcpCommand() {}

  /**
   * The command.
   *
   * @param own what only this agent needs; comes after what the options add, so that no option can
   *     turn the agent to another model
   */
  public static Command of(List<String> argv, AgentOptions options, Map<String, String> own) {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("LANG", "C.UTF-8");
    env.put("TERM", "dumb");
    env.put("NO_PROXY", "127.0.0.1,localhost");
    env.put("no_proxy", "127.0.0.1,localhost");
    env.putAll(options.env());
    env.putAll(own);
    return Command.builder(argv).workingDir(options.workingDir()).env(env).openStdin().build();
  }
}
