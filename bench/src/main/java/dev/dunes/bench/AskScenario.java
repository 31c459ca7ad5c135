package dev.dunes.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code ds "…"}, from Enter to the sandbox. */
final class AskScenario implements Scenario {
  static final String SANDBOX = "ds \"…\", until its sandbox is open";
  static final String MODEL = "ds \"…\", until the model is asked";

  @Override
  public String name() {
    return "ask";
  }

  @Override
  public String title() {
    return "A prompt on the command line";
  }

  @Override
  public String method() {
    return "`./ds -v \"Say hello\"` from its start as a process to the line that says that the sandbox is open and the agent about to start in it, and to the first"
        + " request at a model on loopback; JVM and all, the image built, Claude Code installed and the disk cache warm.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(DunesEngine.NAME);
    try (FirstAsked model = new FirstAsked()) {
      for (int round = -bench.rounds(3, 1); round < bench.rounds(20, 2); round++) {
        model.forget();
        long start = System.nanoTime();
        long open = ask(bench, model);
        if (round >= 0) {
          series.add(SANDBOX, DunesEngine.NAME, Unit.MILLISECONDS, (open - start) / 1e6);
          series.add(MODEL, DunesEngine.NAME, Unit.MILLISECONDS, (model.first() - start) / 1e6);
        }
      }
    }
    return series.build();
  }

  /** When the sandbox was open; returns when everything is over. */
  private static long ask(Bench bench, FirstAsked model) throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(bench.root().resolve("ds").toString(), "-v", "Say hello");
    builder.directory(bench.scratch().toFile());
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectInput(java.nio.file.Path.of("/dev/null").toFile());
    builder.environment().put("DUNES_STATE", bench.state().toString());
    builder.environment().put("ANTHROPIC_API_KEY", "measured");
    builder.environment().put("ANTHROPIC_BASE_URL", model.uri());
    Process process = builder.start();
    try (BufferedReader err = process.errorReader()) {
      long open = 0;
      StringBuilder said = new StringBuilder();
      for (String line = err.readLine(); line != null; line = err.readLine()) {
        said.append(line).append('\n');
        if (open == 0 && line.startsWith("dunes: sandbox ")) {
          open = System.nanoTime();
        }
      }
      if (open == 0) {
        throw new IOException("ds opened no sandbox: " + said);
      }
      return open;
    } finally {
      if (!process.waitFor(30, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    }
  }
}
