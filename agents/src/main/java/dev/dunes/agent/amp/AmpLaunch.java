package dev.dunes.agent.amp;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.AgentProcess;
import dev.dunes.agent.drive.Json;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * How Amp is started: its process ends with each interrupt and each failure, and another goes on
 * with the thread. Nothing secret is in the arguments: they can be seen by every user of the host.
 */
final class AmpLaunch {
  private static final int NAME_BYTES = 6;
  private static final SecureRandom RANDOM = new SecureRandom();

  private final Sandbox sandbox;
  private final AgentHome home;
  private final List<String> program;
  private final AgentOptions options;
  private final AmpPermissions permissions;
  private final String directory;
  private final Optional<String> settings;

  /**
   * Writes what the processes will need into the home.
   *
   * @param program Node and its script
   */
  AmpLaunch(
      Sandbox sandbox,
      AgentHome home,
      List<String> program,
      AgentOptions options,
      AmpPermissions permissions) {
    this.sandbox = sandbox;
    this.home = home;
    this.program = List.copyOf(program);
    this.options = options;
    this.permissions = permissions;
    byte[] random = new byte[NAME_BYTES];
    RANDOM.nextBytes(random);
    this.directory = ".local/share/dunes/amp-" + HexFormat.of().formatHex(random);
    this.settings = settings();
    if (permissions.asks()) {
      home.write(directory + "/ask.cjs", script("ask.cjs"));
      home.write(directory + "/broker.cjs", script("broker.cjs"));
      String asking =
          "#!/bin/sh\nexec '%s' '%s' '%s'\n"
              .formatted(program.getFirst(), path("ask.cjs"), path("socket"));
      sandbox.files().chmod(home.write(directory + "/ask", asking), 0700);
    }
  }

  private static String script(String name) {
    try (InputStream in = requireNonNull(AmpLaunch.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String path(String name) {
    return home.path() + "/" + directory + "/" + name;
  }

  private Optional<String> settings() {
    ObjectNode settings = Json.object();
    if (!permissions.unlimited()) {
      settings.set("amp.permissions", permissions.setting(path("ask")));
    }
    options.mcpServers().ifPresent(servers -> settings.set("amp.mcpServers", servers));
    return settings.isEmpty()
        ? Optional.empty()
        : Optional.of(home.write(directory + "/settings.json", settings.toString()));
  }

  AgentOptions options() {
    return options;
  }

  /** Starts what carries questions to us, when the user is to be asked at all. */
  Optional<AgentProcess> broker() {
    if (!permissions.asks()) {
      return Optional.empty();
    }
    Command command =
        Command.builder(List.of(program.getFirst(), path("broker.cjs"), path("socket")))
            .workingDir(home.path())
            .openStdin()
            .build();
    return Optional.of(new AgentProcess(sandbox.start(command)));
  }

  /**
   * Starts Amp.
   *
   * @param thread to go on with
   */
  AgentProcess start(Optional<String> thread) {
    List<String> argv = new ArrayList<>(program);
    thread.ifPresent(id -> argv.addAll(List.of("threads", "continue", id)));
    argv.addAll(List.of("-x", "--stream-json", "--stream-json-input", "--stream-json-thinking"));
    argv.addAll(List.of("--no-notifications", "--no-ide", "--no-jetbrains"));
    if (permissions.unlimited()) {
      argv.add("--dangerously-allow-all");
    }
    settings.ifPresent(file -> argv.addAll(List.of("--settings-file", file)));
    options.model().ifPresent(mode -> argv.addAll(List.of("--mode", mode)));
    Command command =
        Command.builder(argv)
            .workingDir(options.workingDir())
            .env(environment())
            .openStdin()
            .build();
    return new AgentProcess(sandbox.start(command));
  }

  private Map<String, String> environment() {
    Map<String, String> env = new LinkedHashMap<>();
    env.put("LANG", "C.UTF-8");
    env.put("TERM", "dumb");
    env.put("NO_PROXY", "127.0.0.1,localhost");
    env.put("no_proxy", "127.0.0.1,localhost");
    env.put("AMP_SKIP_UPDATE_CHECK", "1");
    env.putAll(options.env());
    env.put("AMP_URL", options.access().baseUrl());
    env.put("AMP_API_KEY", options.access().token());
    return env;
  }
}
