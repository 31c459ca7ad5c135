package dev.dunes.cli;

import dev.dunes.agent.Agents;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds agents}: the agents there are. */
@CommandLine.Command(
    description = {
      "Lists the agents that can be driven: whether they are installed on this machine, where, and",
      "what they can do. Needs no server; `ds api agents list` asks one.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds agents", "  ds agents --json"})
final class AgentsVerb implements Verb {
  private final Console console;

  @CommandLine.Mixin
  @SuppressWarnings("UnusedVariable") // read by nobody
  private UnusedToken token = new UnusedToken();

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  AgentsVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Agents agents = LocalAgents.open(console);
    List<LocalAgent> all = agents.ids().stream().map(id -> LocalAgent.of(agents.get(id))).toList();
    console.print(json ? json(all) : text(all));
    return ExitCodes.OK;
  }

  private static String json(List<LocalAgent> all) {
    List<Map<String, Object>> array = new ArrayList<>();
    for (LocalAgent agent : all) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("id", agent.id());
      object.put("installed", agent.installed());
      object.put("version", agent.version());
      object.put("path", agent.path());
      object.put("capabilities", agent.capabilities());
      object.put("unavailable", agent.unavailable());
      array.add(object);
    }
    return Json.document(array);
  }

  private String text(List<LocalAgent> all) {
    Table table = new Table("Agent", "State", "Version", "Can");
    StringBuilder notes = new StringBuilder();
    for (LocalAgent agent : all) {
      table.row(
          List.of(
              agent.id(),
              agent.state(),
              agent.version().orElse("-"),
              String.join(" ", agent.able())));
      agent
          .unavailable()
          .ifPresent(why ->
              notes.append(agent.id()).append(": ").append(Printable.line(why)).append('\n'));
    }
    String after = notes.isEmpty() ? "" : "\n" + notes;
    return table.text(console.style())
        + after
        + "\n`"
        + console.program()
        + " install-agent AGENT` installs one; the first prompt that needs it does so, too\n";
  }
}
