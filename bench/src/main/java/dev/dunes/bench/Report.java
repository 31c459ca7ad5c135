package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/** What was found, for terminals, for programs, for BENCHMARKS.md and for the README. */
final class Report {
  private static final String START = "<!-- bench:start -->";
  private static final String END = "<!-- bench:end -->";
  private static final String WARNING =
      "**The machine was busy with other work during this run: these numbers are not to be trusted.**";

  private final Results results;

  Report(Results results) {
    this.results = results;
  }

  static String section(Results.Section section) {
    String others =
        "  (other programs used %.0f %% of the processors)".formatted(100 * section.others());
    return section.scenario().title() + others + "\n" + TextTable.of(section).text();
  }

  /** What comes after the sections on the terminal. */
  String summary() {
    String heading =
        results.quiet() ? "Targets (medians)" : "Targets (medians of a run on a busy machine)";
    StringBuilder text = new StringBuilder(heading).append("\n");
    text.append(TextTable.of(Target.of(results)).text());
    results.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
    return text.toString();
  }

  void json(Path file) throws IOException {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("command", results.command());
    document.put("quiet", results.quiet());
    document.put("host", results.facts());
    document.put("engines", results.engines());
    document.put("notes", results.notes());
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Results.Section section : results.sections()) {
      section.series().forEach(series -> rows.add(row(section, series)));
    }
    document.put("results", rows);
    document.put("targets", Target.of(results));
    Files.writeString(
        file,
        JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(document)
            + "\n");
  }

  private static Map<String, Object> row(Results.Section section, Series series) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("scenario", section.scenario().name());
    row.put("measure", series.measure());
    row.put("engine", series.engine());
    row.put("unit", series.unit().symbol());
    row.put("n", series.samples().size());
    row.put("p50", series.p50());
    series.p95().ifPresent(value -> row.put("p95", value));
    series.p99().ifPresent(value -> row.put("p99", value));
    Results.ratio(section, series).ifPresent(value -> row.put("ratio", value));
    row.put("others", section.others());
    row.put("samples", series.samples());
    return row;
  }

  /** BENCHMARKS.md. */
  String markdown() {
    StringBuilder page = new StringBuilder("# Benchmarks\n\n");
    page.append("Written by `")
        .append(results.command())
        .append("`; do not edit. Run the same on a quiet machine to reproduce it.\n\n");
    if (!results.quiet()) {
      page.append(WARNING).append("\n\n");
    }
    page.append("## Targets\n\nMedians of this run.\n\n")
        .append(TextTable.of(Target.of(results)).markdown());
    page.append("\n## The machine\n\n| | |\n|---|---|\n");
    results.facts().forEach((name, value) -> page.append("| %s | %s |%n".formatted(name, value)));
    page.append("\n## What is compared\n\n| | |\n|---|---|\n");
    results.engines().forEach((name, value) -> page.append("| %s | %s |%n".formatted(name, value)));
    if (!results.notes().isEmpty()) {
      page.append('\n');
      results.notes().forEach(note -> page.append("- ").append(note).append('\n'));
    }
    page.append(
        """

        All engines take turns in one process (A B C, B C A, …) after a warm-up, so that whatever else the machine does meets all of them alike; \
        those of a Docker daemon afterwards, among themselves, as a daemon works on after it has answered. \
        Percentiles are by nearest rank; p95 needs 20 samples, p99 needs 100; of rates they are the low end. A ratio is the median as a multiple of plain bubblewrap's \
        doing the same in the same run (of `cp -a`'s, for forks).

        """);
    for (Results.Section section : results.sections()) {
      page.append("## ")
          .append(section.scenario().title())
          .append("\n\n")
          .append(section.scenario().method())
          .append("\n\n");
      page.append(TextTable.of(section).markdown()).append('\n');
    }
    return page.toString().stripTrailing() + "\n";
  }

  /** The block between the marks. */
  String headlines() {
    Set<String> present =
        results.sections().stream()
            .flatMap(section -> section.series().stream())
            .map(Series::engine)
            .collect(Collectors.toSet());
    List<String> others =
        List.of(BubblewrapEngine.NAME, CrunEngine.NAME, DockerEngine.NAME).stream()
            .filter(present::contains)
            .toList();
    List<String> headings = new ArrayList<>(List.of("", "Dunes"));
    others.forEach(
        name -> headings.add(name.equals(BubblewrapEngine.NAME) ? "plain bubblewrap" : name));
    TextTable table = new TextTable(headings.toArray(String[]::new));
    headline(table, "A new sandbox, `/bin/true` run in it", "create", CreateScenario.RUN, others);
    headline(table, "A command in a live sandbox", "exec", ExecScenario.EXEC, others);
    headline(table, "A ready one from a pool", "pool", PoolScenario.CLAIM, others);
    headline(
        table,
        "Whole runs, " + ThroughputScenario.inFlight() + " in flight",
        "throughput",
        ThroughputScenario.PARALLEL,
        others);
    headline(table, "An idle sandbox, everything counted", "memory", MemoryScenario.TOTAL, others);
    headline(table, "`./ds run true`, JVM and all", "cli", CliScenario.RUN, others);
    return table.markdown();
  }

  private void headline(
      TextTable table, String words, String scenario, String measure, List<String> others) {
    List<String> cells = new ArrayList<>(List.of(words));
    Optional<Series> own = results.find(scenario, measure, DunesEngine.NAME);
    cells.add(own.map(series -> "**" + series.unit().format(series.p50()) + "**").orElse("–"));
    for (String name : others) {
      cells.add(
          results
              .find(scenario, measure, name)
              .map(series -> series.unit().format(series.p50()))
              .orElse("–"));
    }
    table.row(cells.toArray(String[]::new));
  }

  /** Puts the headlines between the marks of a page. */
  String intoReadme(String page) throws IOException {
    int start = page.indexOf(START);
    int end = page.indexOf(END);
    if (start < 0 || end < start) {
      throw new IOException("README.md has no place for the benchmarks: " + START + " … " + END);
    }
    String warning = results.quiet() ? "" : WARNING + "\n\n";
    return page.substring(0, start + START.length())
        + "\n"
        + warning
        + headlines()
        + page.substring(end);
  }
}
