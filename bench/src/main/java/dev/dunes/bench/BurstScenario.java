package dev.dunes.bench;

import java.io.IOException;
import java.util.List;

/** A hundred requests in the same moment. */
final class BurstScenario implements Scenario {
  static final String OPEN = "all made at once, until each runs";
  static final String EXEC = "a command in each at once";
  static final String REMOVE = "all removed at once";
  private static final int COUNT = 100;
  private static final int QUICK_COUNT = 10;

  @Override
  public String name() {
    return "burst";
  }

  @Override
  public String title() {
    return "100 at once";
  }

  @Override
  public String method() {
    return "100 places asked for in the same moment, all alive together: until the last one runs a program, until `/bin/true` has ended in the last"
        + " one, until the last one is gone. Wall time of all 100.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    int count = bench.options().quick() ? QUICK_COUNT : COUNT;
    List<Engine> engines =
        bench.engines().stream()
            .filter(e -> e.opens() && (!(e instanceof BubblewrapEngine) || e == bench.bubblewrap()))
            .toList();
    Rounds.interleave(
        engines,
        bench.options().quick() ? 0 : 1,
        bench.rounds(5, 1),
        (engine, counts) -> {
          SeriesBuilder target = counts ? series : new SeriesBuilder(BubblewrapEngine.NAME);
          round(bench, engine, count, target);
        });
    return series.build();
  }

  private static void round(Bench bench, Engine engine, int count, SeriesBuilder series)
      throws IOException, InterruptedException {
    Crowd crowd = new Crowd();
    long start = System.nanoTime();
    crowd.open(engine, count, count);
    series.addSince(OPEN, engine.name(), start);
    try {
      if (engine != bench.bubblewrap() || bench.bubblewrap().enters()) {
        long exec = System.nanoTime();
        crowd.each(Engine.Live::exec);
        series.addSince(EXEC, engine.name(), exec);
      }
    } finally {
      long remove = System.nanoTime();
      crowd.remove();
      series.addSince(REMOVE, engine.name(), remove);
    }
  }
}
