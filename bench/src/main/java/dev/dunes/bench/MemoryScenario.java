package dev.dunes.bench;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a sandbox that does nothing costs. */
final class MemoryScenario implements Scenario {
  static final String TOTAL = "everything added up, each";
  static final String FALL = "fall of the machine's available memory, each";
  static final String LEFT = "left over after all were removed";
  private static final double MEGABYTE = 1e6;
  private static final int AT_ONCE = 8;
  private static final int SLOW_SHARE = 5;

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public String title() {
    return "Memory of an idle sandbox";
  }

  @Override
  public String method() {
    return "500 places (unless `--sandboxes` says otherwise) that do nothing (the guest in Dunes' sandboxes, `sh` or `sleep` in the others) are held at once; docker a fifth of that. Added up are"
        + " the processes' proportional shares (PSS), what the kernel's objects, stacks and page tables grew by and, for Dunes, what the private pages of the"
        + " JVM that holds all of them grew by. The fall of `MemAvailable` is the machine's own account of the same; whatever else runs disturbs it."
        + " 1 MB = 10⁶ bytes. Afterwards everything is removed and looked for.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    for (Engine engine : bench.engines()) {
      boolean measured =
          engine.opens() && (!(engine instanceof BubblewrapEngine) || engine == bench.bubblewrap());
      if (measured) {
        warmUp(engine);
        measure(bench, engine, series);
      }
    }
    series.add(LEFT, DunesEngine.NAME, Unit.COUNT, bench.leftovers().size());
    return series.build();
  }

  private static void warmUp(Engine engine) throws IOException, InterruptedException {
    Crowd crowd = new Crowd();
    crowd.open(engine, AT_ONCE, AT_ONCE);
    crowd.remove();
  }

  private static void measure(Bench bench, Engine engine, SeriesBuilder series)
      throws IOException, InterruptedException {
    int count =
        Math.max(
            1, bench.options().sandboxes() / (engine instanceof DockerEngine ? SLOW_SHARE : 1));
    MemoryReading before = MemoryReading.now();
    Crowd crowd = new Crowd();
    crowd.open(engine, count, AT_ONCE);
    try {
      MemoryReading held = MemoryReading.now();
      Set<Long> processes = new HashSet<>();
      ProcessTable table = ProcessTable.read();
      for (Engine.Live place : crowd.places()) {
        processes.addAll(place.processes(table));
      }
      String name = engine.name();
      double each = count * MEGABYTE;
      long own = MemoryReading.proportional(processes);
      long kernel = held.kernel() - before.kernel();
      long jvm = engine instanceof DunesEngine ? held.resident() - before.resident() : 0;
      series.add(TOTAL, name, Unit.MEGABYTES, (own + kernel + jvm) / each);
      series.add(FALL, name, Unit.MEGABYTES, (before.available() - held.available()) / each);
      series.add("processes (PSS), each", name, Unit.MEGABYTES, own / each);
      series.add("kernel: objects, stacks, page tables, each", name, Unit.MEGABYTES, kernel / each);
      series.add("number of processes, each", name, Unit.COUNT, (double) processes.size() / count);
      if (engine instanceof DunesEngine) {
        series.add("private pages of the JVM, each", name, Unit.MEGABYTES, jvm / each);
        series.add(
            "live heap of the JVM, each",
            name,
            Unit.MEGABYTES,
            (held.heap() - before.heap()) / each);
      }
    } finally {
      crowd.remove();
    }
  }
}
