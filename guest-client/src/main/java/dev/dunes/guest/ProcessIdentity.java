package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/**
 * One process of this machine, told apart from a later one that got the same number.
 *
 * @param pid its number as seen from here
 * @param startTicks when it started, in the kernel's clock ticks since boot (field 22 of
 *     /proc/pid/stat)
 * @param boot which boot of the machine that was
 */
public record ProcessIdentity(long pid, long startTicks, String boot) {
  private static final Path PROC = Path.of("/proc");
  private static final String THIS_BOOT = readBoot();

  /**
   * Positions in /proc/pid/stat after the name, which may itself hold spaces and parentheses:
   * proc(5).
   */
  private static final int STATE = 0;

  private static final int START_TIME = 19;

  /** Most processes that were killed are gone within half a millisecond. */
  private static final long SHORTEST_PAUSE_NANOS = 100_000;

  private static final long LONGEST_PAUSE_NANOS = 4_000_000;

  public ProcessIdentity {
    requireNonNull(boot, "boot");
  }

  /** The process that has this number now; empty when there is none, or only its remains. */
  public static Optional<ProcessIdentity> of(long pid) {
    try {
      String stat = Files.readString(PROC.resolve(pid + "/stat"), StandardCharsets.ISO_8859_1);
      List<String> fields = List.of(stat.substring(stat.lastIndexOf(')') + 2).split(" "));
      if ("ZX".contains(fields.get(STATE))) {
        return Optional.empty();
      }
      return Optional.of(
          new ProcessIdentity(pid, Long.parseLong(fields.get(START_TIME)), THIS_BOOT));
    } catch (IOException e) {
      return Optional.empty(); // there is no such process, or it ended while it was read
    }
  }

  /** This process. */
  public static ProcessIdentity current() {
    return Current.PROCESS;
  }

  /** Found out once, when it is first asked for. */
  private static final class Current {
    static final ProcessIdentity PROCESS =
        of(ProcessHandle.current().pid())
            .orElseThrow(() -> new IllegalStateException("/proc/self/stat cannot be read"));
  }

  /** The form kept in files: {@code pid:ticks:boot}. */
  public static Optional<ProcessIdentity> parse(String text) {
    String[] parts = text.split(":", 3);
    try {
      return parts.length == 3
          ? Optional.of(
              new ProcessIdentity(Long.parseLong(parts[0]), Long.parseLong(parts[1]), parts[2]))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether it still runs. A process that has ended and was not waited for does not. */
  public boolean isAlive() {
    return of(pid).filter(this::equals).isPresent();
  }

  /** Sends SIGKILL if it still runs. */
  public void kill() {
    // the handle remembers its own start time, so a number that is given away just now is not hit
    ProcessHandle.of(pid).filter(handle -> isAlive()).ifPresent(ProcessHandle::destroyForcibly);
  }

  /** Waits until it has ended; false when it has not in time. */
  public boolean awaitEnd(Duration limit) {
    long deadline = System.nanoTime() + limit.toNanos();
    long pause = SHORTEST_PAUSE_NANOS;
    while (isAlive()) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      LockSupport.parkNanos(pause); // the kernel tells only parents
      pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
      if (Thread.interrupted()) {
        throw new SandboxInterruptedException(
            "waiting for a process to end", new InterruptedException());
      }
    }
    return true;
  }

  /** What {@link #parse} reads. */
  @Override
  public String toString() {
    return pid + ":" + startTicks + ":" + boot;
  }

  private static String readBoot() {
    try {
      return Files.readString(PROC.resolve("sys/kernel/random/boot_id")).strip();
    } catch (IOException e) {
      return ""; // some kernels have none; the start time alone then has to do
    }
  }
}
