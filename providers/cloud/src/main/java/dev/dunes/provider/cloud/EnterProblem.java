package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Notices what {@link Scripts#ENTER} says instead of beginning a command. */
final class EnterProblem {
  private static final int LONGEST = 100;

  private final CloudSandbox sandbox;
  private final Command command;
  private final String mark;
  private boolean begun;
  private String said = "";

  EnterProblem(CloudSandbox sandbox, Launch launch, Command command) {
    this.sandbox = sandbox;
    this.command = command;
    this.mark = "dunes:" + launch.token() + ":";
  }

  /** Whether this output is not the command's. */
  boolean takes(VendorEvent.Output output) {
    if (begun || output.data().length > LONGEST) {
      begun = true;
      return false;
    }
    String text = said + new String(output.data(), StandardCharsets.UTF_8);
    boolean terminal = command.terminal().isPresent();
    boolean channel = terminal || output.channel() == Channel.STDERR;
    if (channel && text.startsWith(mark)) {
      said = text;
      return true;
    }
    begun = true;
    return false;
  }

  /** Why the command was not begun. */
  Optional<SandboxException> of(VendorEvent.Exit exit) {
    if (said.isEmpty() || exit.code() != Scripts.NOT_BEGUN) {
      return Optional.empty();
    }
    String user = command.user().orElse("");
    return Optional.of(
        switch (said.substring(mark.length()).strip()) {
          case "directory" ->
              InvalidRequestException.field(
                  "workingDir",
                  command.workingDir().or(() -> sandbox.spec().workingDir()).orElse(""),
                  "a directory of the sandbox");
          case "nobody" -> InvalidRequestException.field("user", user, "a user of the sandbox");
          default ->
              new UnsupportedCapabilityException(
                  "user: commands run as the sandbox's own user here, not as '%s'".formatted(user),
                  ErrorDetails.at(sandbox.provider(), sandbox.id()).withRemedy("leave it out"));
        });
  }
}
