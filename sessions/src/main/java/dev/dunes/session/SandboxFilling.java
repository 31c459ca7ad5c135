package dev.dunes.session;

import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.WriteOptions;
import dev.dunes.session.time.TimeLimit;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;

/**
 * Puts into a sandbox what its agent shall find: files, then skills and a kept conversation, which
 * win. Settings are written by the agent when it is opened, last of all.
 */
final class SandboxFilling {
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final WriteOptions FILE = WriteOptions.DEFAULT.withMode(0644);

  private final RunStart start;
  private final RunServices services;
  private final LiveRun run;

  SandboxFilling(RunStart start, RunServices services, LiveRun run) {
    this.start = start;
    this.services = services;
    this.run = run;
  }

  void fill(Sandbox sandbox, HomePaths home, RunPlan plan) {
    InputFiles files = start.request().files();
    if (files.count() > 0) {
      String what =
          "upload %d files (%s)".formatted(files.count(), String.join(", ", files.paths()));
      within(
          what,
          RunObserver.Phase.UPLOAD_FILES,
          () -> writeAll(sandbox, home.home(), files.contents()));
    }
    within(
        "upload skills",
        RunObserver.Phase.UPLOAD_SKILLS,
        () -> {
          for (Map.Entry<String, Map<String, byte[]>> skill : plan.skills().entrySet()) {
            writeAll(sandbox, home.claude() + "/skills/" + skill.getKey(), skill.getValue());
          }
          if (start.request().resume().isPresent()) {
            services.archive().restore(start.request().resume().get(), sandbox, home);
          }
        });
  }

  private interface Work {
    void run() throws IOException;
  }

  private void within(String what, RunObserver.Phase phase, Work work) {
    try (TimeLimit _ = new TimeLimit(services.timers(), LIMIT)) {
      services
          .observer()
          .<Boolean, IOException>timed(
              run.record(),
              phase,
              () -> {
                work.run();
                return true;
              });
    } catch (IOException | SandboxException e) {
      run.checkStop();
      String reason =
          e instanceof SandboxInterruptedException
              ? "not done after " + LIMIT.toSeconds() + " s"
              : String.valueOf(e.getMessage());
      throw new RunFailedException(
          FailureCode.UPLOAD, "error", "Failed to %s to sandbox: %s".formatted(what, reason), e);
    }
    run.checkStop();
  }

  private static void writeAll(Sandbox sandbox, String directory, Map<String, byte[]> files)
      throws IOException {
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      write(sandbox, directory + "/" + file.getKey(), file.getValue());
    }
  }

  private static void write(Sandbox sandbox, String path, byte[] bytes) throws IOException {
    try (OutputStream out = sandbox.files().write(path, FILE)) {
      out.write(bytes);
    }
  }
}
