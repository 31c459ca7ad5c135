package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** What a finished command left: its exit and its collected output. */
public final class ExecResult {
  private final CommandExit exit;
  private final byte[] stdout;
  private final byte[] stderr;
  private final boolean truncated;

  /**
   * @param exit how it ended
   * @param stdout what it wrote; not copied
   * @param stderr what it wrote; not copied
   * @param truncated some output was dropped because it exceeded {@link Command#outputLimit()}
   */
  public ExecResult(CommandExit exit, byte[] stdout, byte[] stderr, boolean truncated) {
    this.exit = requireNonNull(exit, "exit");
    this.stdout = requireNonNull(stdout, "stdout");
    this.stderr = requireNonNull(stderr, "stderr");
    this.truncated = truncated;
  }

  /** The exit code: 128 + n when signal n killed the command, −1 when it timed out. */
  public int exitCode() {
    return exit.exitCode();
  }

  /** Standard output as UTF-8, malformed bytes replaced by U+FFFD. */
  public String stdout() {
    return new String(stdout, StandardCharsets.UTF_8);
  }

  /** Standard error as UTF-8, malformed bytes replaced by U+FFFD. */
  public String stderr() {
    return new String(stderr, StandardCharsets.UTF_8);
  }

  /** Standard output, byte for byte. */
  public byte[] stdoutBytes() {
    return stdout.clone();
  }

  /** Standard error, byte for byte. */
  public byte[] stderrBytes() {
    return stderr.clone();
  }

  /** How it ended, in full. */
  public CommandExit exit() {
    return exit;
  }

  /** From its start to its end. */
  public Duration duration() {
    return exit.duration();
  }

  /** Its own timeout ended it; the output is what it wrote until then. */
  public boolean timedOut() {
    return exit.timedOut();
  }

  /** The sandbox's memory limit killed it. */
  public boolean outOfMemory() {
    return exit.outOfMemory();
  }

  /** Some output was dropped because there was more than {@link Command#outputLimit()}. */
  public boolean truncated() {
    return truncated;
  }

  /** Exit code 0 and not timed out. */
  public boolean success() {
    return exit.success();
  }

  @Override
  public String toString() {
    return "ExecResult[exitCode=%d, stdout=%d bytes, stderr=%d bytes, timedOut=%b, truncated=%b]"
        .formatted(exitCode(), stdout.length, stderr.length, timedOut(), truncated);
  }
}
