package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The command, with all that a start of a JVM costs. */
final class CliScenario implements Scenario {
  static final String VERSION = "ds --version";
  static final String RUN = "ds run true";
  private static final List<List<String>> LINES =
      List.of(List.of("--version"), List.of("run", "true"), List.of("run", "-p", "host", "true"));

  @Override
  public String name() {
    return "cli";
  }

  @Override
  public String title() {
    return "The command";
  }

  @Override
  public String method() {
    return "`./ds` from its start as a process to its end, JVM and all, its image built and the disk cache warm. Beside `ds run true` the same program"
        + " in plain bubblewrap, crun or docker, started from Java.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    List<List<String>> lines = workingLines(bench);
    int warmUp = bench.rounds(3, 1);
    for (int round = -warmUp; round < bench.rounds(20, 2); round++) {
      for (List<String> line : lines) {
        long start = System.nanoTime();
        ds(bench, line);
        if (round >= 0) {
          series.addSince("ds " + String.join(" ", line), DunesEngine.NAME, start);
        }
      }
      for (Engine engine : bench.engines()) {
        if (!(engine instanceof DunesEngine) && !(engine instanceof HostEngine)) {
          long start = System.nanoTime();
          Engine.Remains remains = engine.runTrue();
          if (round >= 0) {
            series.addSince(RUN, engine.name(), start);
          }
          remains.remove();
        }
      }
    }
    return series.build();
  }

  /**
   * Those that do not work are left out with a note. The first one builds the image when needed.
   */
  private static List<List<String>> workingLines(Bench bench)
      throws IOException, InterruptedException {
    ds(bench, LINES.getFirst());
    List<List<String>> lines = new ArrayList<>();
    for (List<String> line : LINES) {
      try {
        ds(bench, line);
        lines.add(line);
      } catch (IOException e) {
        bench.note("ds " + String.join(" ", line) + ": left out, it fails: " + e.getMessage());
      }
    }
    return lines;
  }

  /** In a state directory of ours, which is removed in the end. */
  private static void ds(Bench bench, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(bench.root().resolve("ds").toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectInput(java.nio.file.Path.of("/dev/null").toFile());
    builder.environment().put("DUNES_STATE", bench.state().toString());
    builder.environment().remove("DUNES_PROVIDER");
    builder.environment().remove("SANDBOX_BACKEND");
    Programs.finish(builder.start(), List.of("ds"));
  }
}
