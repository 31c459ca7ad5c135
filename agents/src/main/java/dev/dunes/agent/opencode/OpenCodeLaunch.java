package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Starts servers for one session: a model has to be in the configuration, so one that was not is
 * only to be had from another server.
 */
final class OpenCodeLaunch {
  private static final int PASSWORD_BYTES = 24;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Sandbox sandbox;
  private final String program;
  private final AgentOptions options;
  private final OpenCodeConfig config;
  private final Set<OpenCodeModel> models = new LinkedHashSet<>();

  OpenCodeLaunch(Sandbox sandbox, String program, AgentOptions options) {
    this.sandbox = sandbox;
    this.program = program;
    this.options = options;
    this.config = new OpenCodeConfig(options);
    this.models.addAll(config.subagentModels());
  }

  AgentOptions options() {
    return options;
  }

  OpenCodeConfig config() {
    return config;
  }

  /** Whether the server that was started last knows this model. */
  boolean knows(OpenCodeModel model) {
    return models.contains(model);
  }

  /** Starts a server that knows this model and all that were asked for before. */
  OpenCodeServer start(OpenCodeModel model) {
    byte[] random = new byte[PASSWORD_BYTES];
    RANDOM.nextBytes(random);
    String password = HexFormat.of().formatHex(random);
    models.add(model);
    // Port 0: the server takes one that is free in its sandbox, and says which.
    Command command =
        Command.builder(List.of(program, "serve", "--port", "0", "--hostname", "127.0.0.1"))
            .workingDir(options.workingDir())
            .env(config.environment(models, model, password))
            .build();
    return OpenCodeServer.start(sandbox, command, password);
  }

  /** The agents that can lead a conversation, as modes. */
  static List<AgentMode> modes(OpenCodeClient client) {
    List<AgentMode> modes = new ArrayList<>();
    for (JsonNode agent : client.get("/agent").body()) {
      String name = Json.text(agent, "name", "");
      boolean leads = !Json.text(agent, "mode", "").equals("subagent");
      if (leads && !Json.flag(agent, "hidden") && !name.isEmpty() && modes.size() < 200) {
        modes.add(new AgentMode(name, name, Json.text(agent, "description", name)));
      }
    }
    return List.copyOf(modes);
  }

  /** How hard a model can be told to think. */
  static List<String> variants(OpenCodeClient client, OpenCodeModel model) {
    for (JsonNode provider : client.get("/config/providers").body().path("providers")) {
      if (Json.text(provider, "id", "").equals(model.provider().id())) {
        JsonNode about = provider.path("models").path(model.id());
        return about.path("variants").properties().stream().map(Map.Entry::getKey).toList();
      }
    }
    return List.of();
  }
}
