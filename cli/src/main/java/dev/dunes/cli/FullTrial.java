package dev.dunes.cli;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxState;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What {@code ds test --full} does in a sandbox beside running one command. */
final class FullTrial {
  private static final Duration LIMIT = Duration.ofSeconds(1);

  /** Something that must hold; what it gives instead of nothing is what was wrong. */
  @FunctionalInterface
  interface Probe {
    Optional<String> run() throws IOException;
  }

  private final Sandbox sandbox;

  FullTrial(Sandbox sandbox) {
    this.sandbox = sandbox;
  }

  /** By what each is called, in their order. */
  Map<String, Probe> probes() {
    Map<String, Probe> probes = new LinkedHashMap<>();
    probes.put("exit code and channels", this::channels);
    probes.put("input while it runs", this::input);
    probes.put("time limit", this::timeLimit);
    probes.put("files, byte for byte", this::files);
    probes.put("deadline", this::deadline);
    sandbox.pausing().ifPresent(_ -> probes.put("pause and resume", this::pause));
    return probes;
  }

  private Optional<String> channels() {
    ExecResult result = sandbox.exec("echo out; echo err >&2; exit 3");
    return unless(
        result.exitCode() == 3
            && result.stdout().equals("out\n")
            && result.stderr().equals("err\n"),
        "exit code %d, '%s' and '%s'",
        result.exitCode(),
        result.stdout().strip(),
        result.stderr().strip());
  }

  /** The command cannot end before its first output was seen here. */
  private Optional<String> input() throws IOException {
    Command command =
        Command.shellBuilder("echo asked; read x; echo \"got $x\"").openStdin().build();
    try (RunningCommand running = sandbox.start(command)) {
      String first = running.take().map(chunk -> chunk.text()).orElse("");
      running.stdin().write("it\n".getBytes(StandardCharsets.UTF_8));
      running.stdin().flush();
      String second = running.take().map(chunk -> chunk.text()).orElse("");
      return unless(
          first.equals("asked\n") && second.equals("got it\n"),
          "'%s', then '%s'",
          first.strip(),
          second.strip());
    }
  }

  private Optional<String> timeLimit() {
    ExecResult result = sandbox.exec(Command.shellBuilder("sleep 600").timeout(LIMIT).build());
    return unless(result.timedOut(), "it ended with exit code %d", result.exitCode());
  }

  private Optional<String> files() {
    byte[] bytes = new byte[200_000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 7 + i / 256);
    }
    String path = "dunes test/'file'";
    sandbox.files().write(path, bytes);
    boolean equal = Arrays.equals(sandbox.files().readBytes(path), bytes);
    sandbox.files().removeTree("dunes test");
    return unless(equal, "what was read is not what was written");
  }

  private Optional<String> deadline() {
    sandbox.renew(Duration.ofMinutes(5));
    return unless(sandbox.deadline().isPresent(), "it has none");
  }

  private Optional<String> pause() {
    sandbox.pause();
    SandboxState paused = sandbox.state();
    sandbox.resume();
    boolean works = sandbox.exec("true").success();
    return unless(paused == SandboxState.STOPPED && works, "paused it was %s", paused.wireName());
  }

  private static Optional<String> unless(boolean holds, String format, Object... arguments) {
    return holds ? Optional.empty() : Optional.of(format.formatted(arguments));
  }
}
