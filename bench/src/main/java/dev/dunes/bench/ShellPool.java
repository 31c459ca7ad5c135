package dev.dunes.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Shells that stay and run one line after another, in a mount namespace in which the version 2
 * cgroup hierarchy of a hybrid host is not mounted: crun refuses to run where it sees it with
 * controllers. Favours what they run a little: a small shell starts a process faster than a JVM
 * does. Safe for use by several threads.
 */
final class ShellPool implements AutoCloseable {
  private static final String LOOP =
      "umount /sys/fs/cgroup/unified 2>/dev/null; while read -r line; do out=$(eval \"$line\" </dev/null 2>&1); echo \"$? $(echo \"$out\" | tr '\\n' ' ')\"; done";

  private final ConcurrentLinkedDeque<Shell> idle = new ConcurrentLinkedDeque<>();
  private final Set<Shell> all = ConcurrentHashMap.newKeySet();

  private record Shell(Process process, BufferedReader output, Writer input) {}

  /** Runs a line; anything but success is an error. What it prints must be short. */
  String run(String line) throws IOException {
    @Nullable Shell shell = idle.poll();
    if (shell == null) {
      shell = start();
    }
    shell.input().write(line + "\n");
    shell.input().flush();
    String answer = shell.output().readLine();
    if (answer == null) {
      throw new IOException("the shell ended at: " + line);
    }
    idle.push(shell);
    if (!answer.startsWith("0 ")) {
      throw new IOException(line + ": exit code " + answer.strip());
    }
    return answer.substring(2).strip();
  }

  private Shell start() throws IOException {
    Process process =
        Programs.builder(List.of("/usr/bin/unshare", "--mount", "/bin/dash", "-c", LOOP)).start();
    Shell shell =
        new Shell(
            process,
            process.inputReader(StandardCharsets.UTF_8),
            process.outputWriter(StandardCharsets.UTF_8));
    all.add(shell);
    return shell;
  }

  @Override
  public void close() throws IOException {
    for (Shell shell : all) {
      shell.input().close();
      try {
        if (!shell.process().waitFor(5, TimeUnit.SECONDS)) {
          shell.process().destroyForcibly();
        }
      } catch (InterruptedException e) {
        shell.process().destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }
}
