package dev.dunes.agent.custom;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentPlacement;
import dev.dunes.agent.InstallProgress;
import dev.dunes.agent.acp.AcpCommand;
import dev.dunes.agent.acp.AcpLaunch;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.ShownDirectory;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.HostMount;
import dev.dunes.sandbox.Sandbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Starts an agent as its settings say. Nothing is ever installed for it. */
record CustomLaunch(CustomSettings settings, Declarations declarations) implements AcpLaunch {
  @Override
  public AgentPlacement prepare(InstallProgress progress) {
    return installed().orElseThrow(this::notThere);
  }

  @Override
  public Optional<AgentPlacement> installed() {
    String version = declarations.latest().version().orElse("unknown");
    return settings.directory().isEmpty()
        ? Optional.of(new AgentPlacement(List.of(), version))
        : settings
            .directory()
            .filter(Files::isDirectory)
            .map(each -> new AgentPlacement(new HostMount(each, target()), version));
  }

  private AgentException notThere() {
    return new AgentException(
        "install_failed",
        "%s: there is no directory %s"
            .formatted(settings.id(), settings.directory().map(Path::toString).orElse("")),
        "install the agent there, or correct its directory in " + settings.file(),
        null);
  }

  private String target() {
    return "/opt/dunes/agents/acp/" + settings.name();
  }

  @Override
  public Command command(Sandbox sandbox, AgentHome home, AgentOptions options) {
    Map<String, String> values = new LinkedHashMap<>();
    values.put(Placeholders.MODEL_URL, options.access().baseUrl());
    values.put(Placeholders.MODEL_TOKEN, options.access().token());
    settings
        .directory()
        .map(each ->
            new ShownDirectory(target(), "acp/" + settings.name(), () -> each).in(sandbox, home))
        .ifPresent(shown -> values.put(Placeholders.DIRECTORY, shown));
    options.model().ifPresent(model -> values.put(Placeholders.MODEL, model));
    List<String> argv = new ArrayList<>();
    argv.add(fill(settings.command(), values));
    settings.args().forEach(argument -> argv.add(fill(argument, values)));
    Map<String, String> env = new LinkedHashMap<>();
    settings.env().forEach((name, value) -> env.put(name, fill(value, values)));
    return AcpCommand.of(argv, options, env);
  }

  private String fill(String text, Map<String, String> values) {
    if (!values.containsKey(Placeholders.MODEL)
        && Placeholders.in(text).anyMatch(Placeholders.MODEL::equals)) {
      throw new AgentException(
          "invalid_options", settings.id() + " must be told its model", "name a model", null);
    }
    return Placeholders.fill(text, values);
  }
}
