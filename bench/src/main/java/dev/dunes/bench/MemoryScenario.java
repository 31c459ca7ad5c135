package dev.dunes.bench;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a sandbox that does nothing costs. */
final class MemoryScenario implements Scenario {
  static final String TOTAL = "all memory of the machine (MemAvailable), each";
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
    return "500 places that do nothing (the guest in Dunes' sandboxes, `sh` or `sleep` in the others) are held at once; docker a fifth of that. By how"
        + " much the machine's available memory fell is the honest total: processes, kernel objects and, for Dunes, the JVM that holds all of them."
        + " Processes are counted by their proportional share (PSS), the JVM by live heap and by its private pages. 1 MB = 10⁶ bytes. Afterwards"
        + " everything is removed and looked for.";
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
      series.add(TOTAL, name, Unit.MEGABYTES, (before.available() - held.available()) / each);
      series.add(
          "its processes (PSS), each",
          name,
          Unit.MEGABYTES,
          MemoryReading.proportional(processes) / each);
      series.add(
          "kernel objects (slab), each",
          name,
          Unit.MEGABYTES,
          (held.slab() - before.slab()) / each);
      series.add("processes, each", name, Unit.COUNT, (double) processes.size() / count);
      if (engine instanceof DunesEngine) {
        series.add(
            "live heap of the JVM, each",
            name,
            Unit.MEGABYTES,
            (held.heap() - before.heap()) / each);
        series.add(
            "private pages of the JVM, each",
            name,
            Unit.MEGABYTES,
            (held.resident() - before.resident()) / each);
      }
    } finally {
      crowd.remove();
    }
  }
}
