package dev.dunes.sandbox;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs what a specification wants run in a new sandbox. */
final class SetupCommands {
  private static final Logger LOG = LoggerFactory.getLogger(SetupCommands.class);

  private SetupCommands() {}

  static void run(Sandbox sandbox, SandboxSpec spec) {
    for (String line : spec.setupCommands()) {
      ExecResult result = sandbox.exec(Command.shell(line));
      if (result.success()) {
        continue;
      }
      String what = SecretMask.of(spec.env()).apply(describe(line, result));
      if (!spec.tolerateSetupFailure()) {
        throw new SetupFailedException(
            result,
            what,
            ErrorDetails.at(sandbox.provider(), sandbox.id())
                .withRemedy("correct the command, or tolerate failures of set-up commands"));
      }
      LOG.warn("set-up command failed (exit {}) in {}: {}", result.exitCode(), sandbox.id(), what);
    }
  }

  private static String describe(String line, ExecResult result) {
    String command = line.lines().findFirst().orElse("");
    Optional<String> complaint =
        result.stderr().lines().filter(text -> !text.isBlank()).reduce((first, last) -> last);
    return complaint.map(text -> command + ": " + text.strip()).orElse(command);
  }
}
