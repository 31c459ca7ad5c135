package dev.dunes.cli;

import dev.dunes.agent.Agent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds install-agent}: an agent for this machine, without a server. */
@CommandLine.Command(
    description = {
      "Installs an agent on this machine; nothing happens when it is there. Needs no server:",
      "`ds api agents install` asks one. Its version is the one that Dunes was made for.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds install-agent claude", "  ds install-agent codex --reinstall"})
final class InstallAgentVerb implements Verb {
  private final Console console;

  @Parameters(paramLabel = "AGENT", description = "Its id; `ds agents` lists them.")
  private String id = "";

  @Option(
      names = {"-r", "--reinstall"},
      description = "Even when it is there. One that runs may miss its files.")
  private boolean again;

  @Mixin
  @SuppressWarnings("UnusedVariable") // read by nobody
  private UnusedToken token = new UnusedToken();

  InstallAgentVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    try (Waiting waiting = Waiting.on(console);
        Interruption.Guard _ = console.interruption().guard(waiting::close)) {
      Agent agent = LocalAgents.open(console).get(id);
      Optional<String> unavailable = agent.traits().unavailable();
      if (unavailable.isPresent()) {
        throw new Failure(ExitCodes.ERROR, id + " cannot be driven: " + unavailable.get(), "");
      }
      boolean there = !again && agent.installed().isPresent();
      AgentPlacement placement = console.interruption().making(() -> install(agent, waiting));
      waiting.around(() -> console.print(line(agent, placement, there)));
      return ExitCodes.OK;
    } catch (AgentException e) {
      throw LocalAgents.failure(e);
    }
  }

  private AgentPlacement install(Agent agent, Waiting waiting) {
    return agent.prepare(
        new InstallProgress() {
          @Override
          public void step(String step, long done, long total) {
            waiting.progress(step, done, total);
          }

          @Override
          public boolean anew() {
            return again;
          }
        });
  }

  private String line(Agent agent, AgentPlacement placement, boolean there) {
    String what = "%s %s".formatted(id, placement.version());
    String where =
        placement.mounts().isEmpty()
            ? agent.traits().inProcess() ? " is part of Dunes" : " is part of the sandbox"
            : (there ? " is there: " : " installed: ") + placement.mounts().getLast().source();
    return Printable.line(what + where) + "\n";
  }
}
