package dev.dunes.hosting;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs the commands of a build within its time, and logs each line when it is there. */
final class BuildShell {
  private static final int LONGEST_LINE = 8192;

  /** How the C library says that; sandboxes speak English unless told otherwise. */
  private static final String READ_ONLY = "Read-only file system";

  private final Sandbox sandbox;
  private final BuildLog log;
  private final Instant deadline;
  private boolean readOnly;

  BuildShell(Sandbox sandbox, BuildLog log, Instant deadline) {
    this.sandbox = sandbox;
    this.log = log;
    this.deadline = deadline;
  }

  Sandbox sandbox() {
    return sandbox;
  }

  /**
   * How long the build may go on.
   *
   * @throws BuildFailedException when it may not
   */
  Duration left(String step) throws BuildFailedException {
    Duration left = Duration.between(Instant.now(), deadline);
    if (left.toMillis() < 1) {
      throw late(step);
    }
    return left;
  }

  static BuildFailedException late(String step) {
    return new BuildFailedException(
        step, "the build took longer than it may; do less in it, or let the server allow more");
  }

  /** Runs a command to its end. */
  CommandExit run(
      String step,
      List<String> argv,
      Map<String, String> env,
      Optional<String> workingDir,
      Optional<String> user)
      throws BuildFailedException {
    Command.Builder command = Command.builder(argv).env(env).timeout(left(step));
    workingDir.ifPresent(command::workingDir);
    user.ifPresent(command::user);
    readOnly = false;
    Map<Channel, ByteArrayOutputStream> lines = new EnumMap<>(Channel.class);
    try (RunningCommand running = sandbox.start(command.build())) {
      for (Optional<OutputChunk> chunk = running.take();
          chunk.isPresent();
          chunk = running.take()) {
        Channel channel = chunk.get().channel();
        take(
            step,
            channel,
            lines.computeIfAbsent(channel, c -> new ByteArrayOutputStream()),
            chunk.get().data());
      }
      lines.forEach((channel, rest) -> say(step, channel, rest));
      CommandExit exit = running.waitFor();
      if (exit.timedOut()) {
        throw late(step);
      }
      return exit;
    }
  }

  /** Whether the last command said that it met what cannot be written to. */
  boolean metReadOnly() {
    return readOnly;
  }

  private void take(String step, Channel channel, ByteArrayOutputStream line, byte[] data) {
    for (byte b : data) {
      if (b == '\n' || line.size() >= LONGEST_LINE) {
        say(step, channel, line);
        line.reset();
      }
      if (b != '\n' && b != '\r') {
        line.write(b);
      }
    }
  }

  private void say(String step, Channel channel, ByteArrayOutputStream line) {
    if (line.size() > 0) {
      String text = line.toString(StandardCharsets.UTF_8);
      readOnly |= text.contains(READ_ONLY);
      log.add(channel == Channel.STDERR ? Level.WARN : Level.INFO, step, text);
    }
  }
}
