package dev.dunes.sandbox.conformance;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxFiles;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/**
 * Some of the suite. Its tests share one sandbox, each in a directory of its own, unless they make
 * others.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
abstract class Topic {
  private final Supplier<Suite> suite;
  private final AtomicInteger directories = new AtomicInteger();
  private Optional<Sandbox> shared = Optional.empty();

  Topic(Supplier<Suite> suite) {
    this.suite = suite;
  }

  @AfterAll
  final void destroyShared() {
    shared.ifPresent(Sandbox::destroy);
  }

  final Suite suite() {
    return suite.get();
  }

  /** The sandbox of this topic; must not be destroyed or paused. */
  final synchronized Sandbox sandbox() {
    if (shared.isEmpty()) {
      shared = Optional.of(suite().create());
    }
    return shared.get();
  }

  final SandboxFiles files() {
    return sandbox().files();
  }

  final ExecResult sh(String line) {
    return sandbox().exec(line);
  }

  /** A new directory in the shared sandbox, relative to its working directory. */
  final String directory() {
    String name = "topic-" + directories.incrementAndGet();
    files().mkdir(name);
    return name;
  }

  final void needs(Feature feature) {
    suite().needs(feature);
  }

  /** A command whose processes can be counted by {@link #alive}. */
  static Command.Builder marked(String cookie, String line) {
    return Command.shellBuilder(line).env("COOKIE", cookie);
  }

  /** How many processes in a sandbox were born with this cookie. */
  static int alive(Sandbox sandbox, String cookie) {
    // a shell pattern, so that processes that end meanwhile are no error
    ExecResult found =
        sandbox.exec(
            "for p in /proc/[0-9]*/environ; do tr '\\0' '\\n' <$p 2>/dev/null | grep -qx COOKIE=%s && echo $p; done; true"
                .formatted(cookie));
    return (int) found.stdout().lines().count();
  }

  static void awaitNone(Sandbox sandbox, String cookie) {
    Suite.eventually("no process with " + cookie, () -> alive(sandbox, cookie) == 0);
  }
}
