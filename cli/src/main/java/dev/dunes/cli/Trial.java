package dev.dunes.cli;

import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.Placement;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A provider tried out: a sandbox is made, a command run in it, and it is destroyed. */
final class Trial {
  private static final String HELLO = "Hello from CLI test";

  private final Console console;
  private final String provider;
  private final boolean full;
  private final List<Step> steps = new ArrayList<>();
  private final Map<String, Long> millis = new LinkedHashMap<>();
  private Optional<String> failure = Optional.empty();

  /**
   * @param full whether more than one command is tried
   */
  Trial(Console console, String provider, boolean full) {
    this.console = console;
    this.provider = provider;
    this.full = full;
  }

  /** Does it. What goes wrong is kept, not thrown. */
  void run() {
    step("\n🔬 Testing %s...".formatted(provider));
    try {
      long start = System.nanoTime();
      step("  Creating sandbox...");
      SandboxSpec spec = SandboxSpec.builder().label("test", "cli").build();
      Sandbox made =
          console
              .interruption()
              .making(() -> console.sandboxes().create(spec, Placement.at(provider)));
      try (Hold _ = new Hold(console, made)) {
        millis.put("create", Elapsed.millisSince(start));
        step("  ✅ Created: " + Printable.line(made.id()));
        execute(made);
        if (full) {
          probe(made);
        }
        destroy(made);
      }
    } catch (SandboxException e) {
      fail(String.valueOf(Errors.innermost(e).getMessage()));
    } catch (RuntimeException e) {
      fail(e.toString());
    }
  }

  private void execute(Sandbox sandbox) {
    step("  Executing command...");
    long start = System.nanoTime();
    ExecResult result = sandbox.exec("echo '%s'".formatted(HELLO));
    millis.put("execute", Elapsed.millisSince(start));
    if (result.success() && result.stdout().contains(HELLO)) {
      step("  ✅ Execution successful");
    } else {
      steps.add(new Step("  ❌ Execution failed", true));
      failure = Optional.of("the command ended with exit code " + result.exitCode());
    }
  }

  /** Each is tried, whatever became of those before it. */
  private void probe(Sandbox sandbox) {
    new FullTrial(sandbox)
        .probes()
        .forEach((what, probe) -> {
          long start = System.nanoTime();
          Optional<String> problem;
          try {
            problem = probe.run();
          } catch (SandboxInterruptedException e) {
            throw e;
          } catch (SandboxException | IOException e) {
            problem = Optional.of(String.valueOf(e.getMessage()));
          }
          if (problem.isEmpty()) {
            millis.put(what, Elapsed.millisSince(start));
            step("  ✅ " + what);
          } else {
            String safe = Printable.line(what + ": " + problem.get());
            steps.add(new Step("  ❌ " + safe, true));
            failure = failure.or(() -> Optional.of(safe));
          }
        });
  }

  private void destroy(Sandbox sandbox) {
    step("  Destroying sandbox...");
    long start = System.nanoTime();
    sandbox.destroy();
    millis.put("destroy", Elapsed.millisSince(start));
    step("  ✅ Destroyed");
  }

  private void step(String line) {
    steps.add(new Step(line, false));
  }

  private void fail(String message) {
    String safe = Printable.line(message);
    steps.add(new Step("  ❌ Error: " + safe, true));
    failure = Optional.of(safe);
  }

  String provider() {
    return provider;
  }

  /** Says what was done, line by line. */
  void tell() {
    for (Step step : steps) {
      if (step.error()) {
        console.complain(step.line());
      } else {
        console.print(step.line() + "\n");
      }
    }
  }

  /** Why it failed; empty when it did not. */
  Optional<String> failure() {
    return failure;
  }

  /** How long each step took, for people. */
  String timings() {
    StringBuilder text = new StringBuilder();
    millis.forEach((step, took) ->
        text.append(text.isEmpty() ? "" : ", ")
            .append(step)
            .append(' ')
            .append(took)
            .append(" ms"));
    return text.toString();
  }

  /** How long each step took that succeeded. */
  Map<String, Long> millis() {
    return Map.copyOf(millis);
  }

  /** A line of progress, and whether it belongs on standard error. */
  private record Step(String line, boolean error) {}
}
