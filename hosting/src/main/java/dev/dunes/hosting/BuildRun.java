package dev.dunes.hosting;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.hosting.TemplateBuild.Launch;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** One build, from a template at hand to a snapshot. E2B wire 2.4. */
final class BuildRun {
  private static final String BASE = "base";
  private static final String FINALIZE = "finalize";
  private static final Duration READY_POLL = Duration.ofMillis(200);

  private final BuildPlan plan;
  private final BuildLog log;
  private final TemplateFiles files;
  private final Base base;
  private final BaseImages images;
  private final Duration limit;

  /** Makes the sandbox that is built in. */
  @FunctionalInterface
  interface Base {
    Made make(String template, Duration lifetime);

    /**
     * Where it is built, and what that was made from.
     *
     * @param account whose it is
     * @param diskMb what it may write, MiB
     * @param users whether its provider lets commands run as users of the files
     */
    record Made(
        Lifecycle.Passing place, Template template, String account, int diskMb, boolean users) {}
  }

  BuildRun(
      BuildPlan plan,
      BuildLog log,
      TemplateFiles files,
      Base base,
      BaseImages images,
      Duration limit) {
    this.plan = plan;
    this.log = log;
    this.files = files;
    this.base = base;
    this.images = images;
    this.limit = limit;
  }

  /** Builds; the sandbox is gone when this returns. */
  Saved run() throws BuildFailedException, InterruptedException {
    Instant deadline = Instant.now().plus(limit);
    String from = baseTemplate();
    log.add(Level.INFO, BASE, "from template " + from);
    Base.Made made;
    try {
      made = base.make(from, limit.plusMinutes(1));
    } catch (HostingException | SandboxException e) {
      throw new BuildFailedException(BASE, String.valueOf(e.getMessage()));
    }
    Sandbox sandbox = made.place().sandbox();
    Optional<String> offline =
        made.place()
            .offline()
            .map(why ->
                "steps reach no network: %s. Without it, COPY what they need".formatted(why));
    offline.ifPresent(line -> log.add(Level.INFO, BASE, line));
    try {
      BuildShell shell = new BuildShell(sandbox, log, deadline);
      BuildSteps steps =
          new BuildSteps(
              shell,
              log,
              files,
              made.account(),
              (long) made.diskMb() << 20,
              made.template().launch(),
              environment(shell),
              offline,
              new BuildUsers(shell, log, made.users(), made.template().launch().user()));
      steps.all(plan.steps());
      return finish(shell, steps, made);
    } finally {
      made.place().way().ifPresent(Egress.Way::close);
      try (sandbox) {
        sandbox.destroy();
      } catch (SandboxException e) {
        log.add(Level.DEBUG, FINALIZE, "what was built in is removed later: " + e.getMessage());
      }
    }
  }

  private String baseTemplate() throws BuildFailedException {
    if (plan.fromTemplate().isPresent()) {
      return plan.fromTemplate().get();
    }
    String image = plan.fromImage().orElseThrow();
    return images
        .template(image)
        .orElseThrow(() ->
            new BuildFailedException(
                BASE,
                "image '%s' is not at hand: templates are built here from templates (fromTemplate) or from e2bdev/base. Who runs the server may let a template stand for it: DUNES_TEMPLATE_IMAGES='%s=base'. Otherwise it needs a provider that runs images"
                    .formatted(image, image)));
  }

  private static Map<String, String> environment(BuildShell shell) throws BuildFailedException {
    ExecResult printed =
        shell
            .sandbox()
            .exec(
                Command.builder("env", "-0")
                    .timeout(shell.left(BASE))
                    .outputLimit(1 << 20)
                    .build());
    Map<String, String> all = new LinkedHashMap<>();
    for (String entry : printed.stdout().split("\0")) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        all.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return all;
  }

  private Saved finish(BuildShell shell, BuildSteps steps, Base.Made made)
      throws BuildFailedException, InterruptedException {
    Launch below = made.template().launch();
    Launch launch =
        new Launch(
            steps.env(),
            Optional.of(steps.workingDir()),
            steps.user(),
            plan.startCmd().or(below::startCmd),
            plan.readyCmd().or(below::readyCmd));
    if (launch.startCmd().isPresent() || launch.readyCmd().isPresent()) {
      log.add(Level.INFO, FINALIZE, "start: " + launch.startCmd().orElse("-"));
      rehearse(shell, launch);
    }
    log.add(Level.INFO, FINALIZE, "saving the files");
    try {
      Snapshot snapshot = shell.sandbox().snapshot();
      log.add(Level.INFO, FINALIZE, "ready");
      return new Saved(snapshot.provider(), snapshot.id(), launch, made.diskMb());
    } catch (SandboxException e) {
      throw new BuildFailedException(
          FINALIZE, e.getMessage() + e.remedy().map(remedy -> "; " + remedy).orElse(""));
    }
  }

  /** Starts what every sandbox will start, to see that it becomes ready. */
  private void rehearse(BuildShell shell, Launch launch)
      throws BuildFailedException, InterruptedException {
    Optional<RunningCommand> started =
        launch.startCmd().map(line -> shell.sandbox().start(rehearsed(line, launch).build()));
    try {
      started.ifPresent(BuildRun::discard);
      while (launch.readyCmd().isPresent() && !ready(shell, launch)) {
        if (started.isPresent() && !started.get().isRunning()) {
          failWhenFailed(started.get().waitFor());
        }
        Thread.sleep(READY_POLL); // between two looks at another program
      }
    } finally {
      started.ifPresent(RunningCommand::close);
    }
  }

  private static void failWhenFailed(CommandExit exit) throws BuildFailedException {
    if (!exit.success()) {
      throw new BuildFailedException(
          FINALIZE,
          "the start command ended with exit code %d before it was ready"
              .formatted(exit.exitCode()));
    }
  }

  private static boolean ready(BuildShell shell, Launch launch) throws BuildFailedException {
    String line = launch.readyCmd().orElseThrow();
    ExecResult result =
        shell
            .sandbox()
            .exec(rehearsed(line, launch).timeout(shell.left(FINALIZE)).outputLimit(4096).build());
    if (result.timedOut()) {
      throw BuildShell.late(FINALIZE);
    }
    return result.success();
  }

  /** As in a sandbox of the template, which runs as its user. */
  private static Command.Builder rehearsed(String line, Launch launch) {
    Command.Builder command = command(line, launch);
    launch.user().ifPresent(command::user);
    return command;
  }

  static Command.Builder command(String line, Launch launch) {
    Command.Builder command = Command.builder("/bin/bash", "-c", line).env(launch.envs());
    launch.workingDir().ifPresent(command::workingDir);
    return command;
  }

  /** Its output is for nobody; it would stand still if it were not read. */
  private static void discard(RunningCommand running) {
    Thread.ofVirtual()
        .name("dunes-build-start")
        .start(() -> {
          try {
            while (running.take().isPresent()) {
              // left
            }
          } catch (SandboxException e) {
            return; // it ended with the build
          }
        });
  }
}
