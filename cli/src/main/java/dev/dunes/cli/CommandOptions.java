package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a command is run. */
final class CommandOptions {
  @Option(
      names = {"-e", "--env"},
      paramLabel = "KEY=VALUE",
      description = "Set an environment variable. May be repeated.")
  private List<String> env = new ArrayList<>();

  @Option(
      names = {"-w", "--workdir"},
      paramLabel = "DIR",
      description = "Run it in this directory of the sandbox.")
  private Optional<String> workdir = Optional.empty();

  @Option(
      names = {"-u", "--user"},
      paramLabel = "USER",
      description = "Run it as this user of the sandbox.")
  private Optional<String> user = Optional.empty();

  Map<String, String> env() {
    return KeyValues.parse("--env", env);
  }

  Optional<String> workdir() {
    return workdir;
  }

  /** Gives a command these options. */
  Command.Builder applyTo(Command.Builder command) {
    command.env(env());
    workdir.ifPresent(command::workingDir);
    user.ifPresent(command::user);
    return command;
  }
}
