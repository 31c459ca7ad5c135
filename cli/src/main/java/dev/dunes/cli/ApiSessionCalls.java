package dev.dunes.cli;

import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sessions from their beginning to their end. */
final class ApiSessionCalls {
  private ApiSessionCalls() {}

  /** GET /v1/sessions. */
  @Command(description = {"Lists sessions, the newest first.", ""})
  static final class ListSessions extends ApiCall {
    ListSessions(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "GET v1/sessions";
    }
  }

  /** POST /v1/sessions/{id}. */
  @Command(description = {"Begins a session.", ""})
  static final class Create extends ApiCall {
    @Parameters(paramLabel = "ID", description = "What it shall be called.")
    private String id = "";

    @Option(
        names = {"-a", "--agent"},
        required = true,
        paramLabel = "AGENT",
        description = "Who works, such as claude.")
    private String agent = "";

    @Option(
        names = {"-g", "--agent-mode"},
        paramLabel = "MODE",
        description = "How it works, such as plan (default: build).")
    private Optional<String> agentMode = Optional.empty();

    @Option(
        names = {"-p", "--permission-mode"},
        paramLabel = "MODE",
        description = "default, plan or bypass (default: default).")
    private Optional<String> permissionMode = Optional.empty();

    @Option(
        names = {"-m", "--model"},
        paramLabel = "MODEL",
        description = "The model.")
    private Optional<String> model = Optional.empty();

    @Option(
        names = {"-v", "--variant"},
        paramLabel = "VARIANT",
        description = "How hard the model shall think, in the agent's own words.")
    private Optional<String> variant = Optional.empty();

    @Option(
        names = {"-A", "--agent-version"},
        paramLabel = "VERSION",
        description = "The version, if the agent has to be installed.")
    private Optional<String> agentVersion = Optional.empty();

    Create(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id);
    }

    @Override
    Optional<JsonNode> body() {
      ObjectNode body = object().put("agent", agent);
      agentMode.ifPresent(value -> body.put("agentMode", value));
      permissionMode.ifPresent(value -> body.put("permissionMode", value));
      model.ifPresent(value -> body.put("model", value));
      variant.ifPresent(value -> body.put("variant", value));
      agentVersion.ifPresent(value -> body.put("agentVersion", value));
      return Optional.of(body);
    }
  }

  /** POST /v1/sessions/{id}/terminate and …/interrupt. */
  @Command(description = {"Ends a session, or only the turn that runs.", ""})
  static final class End extends ApiCall {
    private final String what;

    @Parameters(paramLabel = "ID", description = "The session.")
    private String id = "";

    End(Console console, ApiTarget target, String what) {
      super(console, target);
      this.what = what;
    }

    @Override
    String operation() {
      return "POST " + path("sessions", id, what);
    }
  }
}
