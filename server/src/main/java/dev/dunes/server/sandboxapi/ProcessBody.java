package dev.dunes.server.sandboxapi;

import dev.dunes.sandbox.Command;
import dev.dunes.server.hosted.Body;
import dev.dunes.server.hosted.Failures;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What is to be run. Sandbox API 2.3.
 *
 * @param command to run
 * @param background whether it is not waited for
 */
record ProcessBody(Command command, boolean background) {
  private static final int LONGEST_COMMAND = 128 << 10;
  private static final int LONGEST_ARGUMENTS = 1 << 20;
  private static final int LONGEST_INPUT = 1 << 20;
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /**
   * @param streamed whether its output is followed
   * @param longest how long it may run at most
   */
  static ProcessBody read(Body body, boolean streamed, Duration longest) {
    String cmd = body.required("cmd");
    if (cmd.isEmpty()) {
      throw Failures.invalid("cmd is required");
    }
    most("cmd", cmd, LONGEST_COMMAND);
    List<String> argv = new ArrayList<>(List.of(cmd));
    argv.addAll(body.texts("args").orElse(List.of()));
    long bytes = argv.stream().skip(1).mapToLong(arg -> bytes(arg).length).sum();
    if (bytes > LONGEST_ARGUMENTS) {
      throw Failures.invalid("args must have at most %d bytes in all".formatted(LONGEST_ARGUMENTS));
    }
    boolean background = body.flag("background", false);
    Command.Builder command = Command.builder(argv);
    for (Map.Entry<String, String> each : body.map("envVars").entrySet()) {
      command.env(each.getKey(), each.getValue());
    }
    body.text("cwd").ifPresent(command::workingDir);
    body.text("user").ifPresent(command::user);
    Optional<String> input = body.text("stdin");
    input.ifPresent(text -> {
      most("stdin", text, LONGEST_INPUT);
      command.input(text);
    });
    if (input.isEmpty() && (background || streamed)) {
      command.openStdin();
    }
    if (background || streamed) {
      command.detached();
    }
    timeout(body, background, longest).ifPresent(command::timeout);
    return new ProcessBody(command.build(), background);
  }

  private static Optional<Duration> timeout(Body body, boolean background, Duration longest) {
    Optional<Duration> asked = body.seconds("timeout");
    if (asked.isEmpty()) {
      return background ? Optional.empty() : Optional.of(DEFAULT_TIMEOUT);
    }
    if (!asked.get().isPositive() || asked.get().compareTo(longest) > 0) {
      throw Failures.invalid("timeout must be from 1 to %d seconds".formatted(longest.toSeconds()));
    }
    return asked;
  }

  private static void most(String name, String text, int most) {
    if (bytes(text).length > most) {
      throw Failures.invalid("%s must have at most %d bytes".formatted(name, most));
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
