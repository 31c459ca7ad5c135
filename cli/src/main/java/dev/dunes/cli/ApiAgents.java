package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code ds api agents}. */
@Command(description = {"Asks about the agents of a server.", ""})
final class ApiAgents implements Verb {
  private final Console console;
  private final ApiTarget target;

  ApiAgents(Console console, ApiTarget target) {
    this.console = console;
    this.target = target;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("list", new ListAgents(console, target));
    parts.put("install", new Install(console, target));
    parts.put("modes", new About(console, target, "modes"));
    parts.put("models", new About(console, target, "models"));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " api agents", parts());
  }

  /** GET /v1/agents. */
  @Command(description = {"Lists agents and what they can do.", ""})
  static final class ListAgents extends ApiCall {
    ListAgents(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "GET v1/agents";
    }
  }

  /** POST /v1/agents/{agent}/install. */
  @Command(description = {"Installs an agent at the server.", ""})
  static final class Install extends ApiCall {
    @Parameters(paramLabel = "AGENT", description = "Its id, such as claude.")
    private String agent = "";

    @Option(
        names = {"-r", "--reinstall"},
        description = "Even when it is there.")
    private boolean again;

    Install(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("agents", agent, "install");
    }

    @Override
    Optional<JsonNode> body() {
      return Optional.of(again ? object().put("reinstall", true) : object());
    }
  }

  /** GET /v1/agents/{agent}/modes and …/models. */
  @Command(description = {"Lists what an agent offers.", ""})
  static final class About extends ApiCall {
    private final String what;

    @Parameters(paramLabel = "AGENT", description = "Its id, such as claude.")
    private String agent = "";

    About(Console console, ApiTarget target, String what) {
      super(console, target);
      this.what = what;
    }

    @Override
    String operation() {
      return "GET " + path("agents", agent, what);
    }
  }
}
