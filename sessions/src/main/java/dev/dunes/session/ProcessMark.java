package dev.dunes.session;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * Names a process so that a later one can tell whether it still lives: {@code host/pid/start}.
 *
 * @param host the machine's name
 * @param pid the process
 * @param startedMillis when it began: pids are used again
 */
record ProcessMark(String host, long pid, long startedMillis) {
  static ProcessMark current() {
    ProcessHandle self = ProcessHandle.current();
    return new ProcessMark(hostName(), self.pid(), started(self));
  }

  static Optional<ProcessMark> parse(String text) {
    String[] parts = text.split("/", -1);
    if (parts.length != 3) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new ProcessMark(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2])));
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Whether it certainly has ended. Nothing is known about processes of other machines. */
  boolean ended() {
    return host.equals(hostName())
        && ProcessHandle.of(pid)
            .filter(ProcessHandle::isAlive)
            .filter(process -> started(process) == startedMillis)
            .isEmpty();
  }

  private static long started(ProcessHandle process) {
    return process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
  }

  private static String hostName() {
    try {
      return Files.readString(Path.of("/proc/sys/kernel/hostname")).strip().replace('/', '_');
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (UnknownHostException unknown) {
        return "localhost";
      }
    }
  }

  @Override
  public String toString() {
    return host + "/" + pid + "/" + startedMillis;
  }
}
