package dev.dunes.bench;

import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Measures, prints tables, and writes BENCHMARKS.md when asked to. */
public final class Main {
  private static final int USAGE = 64;
  private static final int FAILED = 70;
  private static final int BUSY = 75;
  private static final int TRIES = 3;
  private static final List<Scenario> SCENARIOS =
      List.of(
          new CreateScenario(),
          new ExecScenario(),
          new PoolScenario(),
          new ThroughputScenario(),
          new BurstScenario(),
          new MemoryScenario(),
          new FilesScenario(),
          new ForkScenario(),
          new GatewayScenario(),
          new PromptScenario(),
          new AskScenario(),
          new StreamsScenario(),
          new EventsScenario(),
          new JournalScenario(),
          new E2bScenario(),
          new CodeScenario(),
          new ServeScenario(),
          new CliScenario());

  private final Options options;
  private final Path root;
  private final List<String> notes = new ArrayList<>();
  private final List<String> failed = new ArrayList<>();
  private double worst;
  private boolean busyAtStart;

  private Main(Options options, Path root) {
    this.options = options;
    this.root = root;
  }

  /**
   * See {@link Options#USAGE}; the exit code is 0, 64 for a wrong line, 70 for a failure, 75 when
   * the machine is too busy.
   */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    String names = SCENARIOS.stream().map(Scenario::name).collect(Collectors.joining(", "));
    if (List.of(arguments).contains("--help")) {
      System.out.print(Options.USAGE.formatted(names));
      return;
    }
    Options options;
    try {
      options = Options.parse(List.of(arguments));
      checkNames(options, names);
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.err.print(Options.USAGE.formatted(names));
      System.exit(USAGE);
      return;
    }
    Path root = Path.of(System.getProperty("dunes.root", "")).toAbsolutePath();
    System.exit(new Main(options, root).run(String.join(" ", arguments)));
  }

  private static void checkNames(Options options, String names) {
    for (String name : options.only()) {
      if (SCENARIOS.stream().noneMatch(scenario -> scenario.name().equals(name))) {
        throw new IllegalArgumentException("no scenario '" + name + "'; there are: " + names);
      }
    }
  }

  private int run(String line) throws IOException, InterruptedException {
    String load = Quiet.loadAverage();
    worst = Quiet.othersShare();
    System.out.printf(
        "load average %s; other programs use %.0f %% of the processors%n", load, 100 * worst);
    busyAtStart = worst > Quiet.TOLERABLE || Quiet.loaded();
    if (busyAtStart) {
      System.out.println("WARNING: this machine is busy; no number of this run is to be trusted");
      if (options.write() && !options.force()) {
        System.err.println(
            "bench: --write refused: wait until the machine is quiet, or say --force");
        return BUSY;
      }
    }
    try {
      return run(line, load);
    } catch (IOException | SandboxException e) {
      System.err.println("bench: " + e.getMessage());
      return FAILED;
    }
  }

  private int run(String line, String load) throws IOException, InterruptedException {
    Bench bench = Bench.open(options, root);
    // for when somebody breaks it off
    Thread cleanUp = Thread.ofPlatform().unstarted(() -> breakOff(bench));
    Runtime.getRuntime().addShutdownHook(cleanUp);
    List<String> left;
    try (bench) {
      Results results = measure(bench, load, line);
      left = bench.leftovers();
      finish(results);
    }
    Runtime.getRuntime().removeShutdownHook(cleanUp);
    left.forEach(each -> System.err.println("bench: left behind: " + each));
    return left.isEmpty() && failed.isEmpty() ? 0 : FAILED;
  }

  private static void breakOff(Bench bench) {
    Stop.request();
    try {
      bench.close();
    } catch (IOException e) {
      System.err.println("bench: clean-up: " + e.getMessage());
    }
  }

  private Results measure(Bench bench, String load, String line)
      throws IOException, InterruptedException {
    Map<String, String> engines = new LinkedHashMap<>();
    bench.engines().forEach(engine -> engines.put(engine.name(), engine.description()));
    bench.notes().forEach(note -> System.out.println("note: " + note));
    System.out.println();

    Map<String, String> facts = HostFacts.read(bench);
    List<Results.Section> sections = new ArrayList<>();
    String command = ("bench/run " + line).strip();
    for (Scenario scenario : SCENARIOS) {
      if (options.only().isEmpty() || options.only().contains(scenario.name())) {
        try {
          Results.Section section = section(bench, scenario);
          if (!section.series().isEmpty()) { // what it needs is not here; it has left a note
            sections.add(section);
            System.out.println(Report.section(section));
          }
        } catch (IOException | SandboxException e) { // the others are still worth having
          failed.add(scenario.name());
          bench.note(scenario.name() + ": failed, left out: " + e);
          System.err.println("bench: " + scenario.name() + " failed: " + e);
        }
      }
    }
    facts.put("Load average at the start", load);
    facts.put(
        "Most that other programs used of the processors between measurements",
        "%.0f %%".formatted(100 * worst));
    notes.addAll(bench.notes());
    if (options.quick()) {
      notes.add("a smoke run: too few samples for any number to mean something");
    }
    boolean quiet = !busyAtStart && worst <= Quiet.TOLERABLE;
    if (!quiet) {
      notes.add("the machine was busy with other work: no number of this run is to be trusted");
    }
    return new Results(facts, engines, sections, notes, quiet, command);
  }

  /** Measured again when other programs were at work meanwhile; the quietest time counts. */
  private Results.Section section(Bench bench, Scenario scenario)
      throws IOException, InterruptedException {
    Results.Section quietest = once(bench, scenario);
    for (int again = 1; again < TRIES && quietest.others() > Quiet.TOLERABLE; again++) {
      System.out.printf(
          "%s: other programs used %.0f %% of the processors: measured again%n",
          scenario.name(), 100 * quietest.others());
      Results.Section next = once(bench, scenario);
      quietest = next.others() < quietest.others() ? next : quietest;
    }
    worst = Math.max(worst, quietest.others());
    return quietest;
  }

  private Results.Section once(Bench bench, Scenario scenario)
      throws IOException, InterruptedException {
    double before = options.quick() ? worst : Quiet.othersShare();
    List<Series> series = scenario.run(bench);
    double others = options.quick() ? before : Math.max(before, Quiet.othersShare());
    return new Results.Section(scenario, series, others);
  }

  private void finish(Results results) throws IOException {
    Report report = new Report(results);
    System.out.println(report.summary());
    if (options.json().isPresent()) {
      report.json(options.json().get());
    }
    if (options.write() && !options.force() && !(results.quiet() && failed.isEmpty())) {
      System.err.println(
          "bench: BENCHMARKS.md is left as it was: the machine became busy, or a scenario failed");
    } else if (options.write()) {
      Files.writeString(root.resolve("BENCHMARKS.md"), report.markdown());
      Path readme = root.resolve("README.md");
      Files.writeString(readme, report.intoReadme(Files.readString(readme)));
      System.out.println("wrote BENCHMARKS.md and the block in README.md");
    }
  }
}
