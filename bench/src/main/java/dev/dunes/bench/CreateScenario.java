package dev.dunes.bench;

import java.io.IOException;
import java.util.List;

/** From nothing to the end of a first program. */
final class CreateScenario implements Scenario {
  static final String RUN = "create, run /bin/true";
  static final String REMOVE = "remove what it leaves";

  @Override
  public String name() {
    return "create";
  }

  @Override
  public String title() {
    return "Create → first result";
  }

  @Override
  public String method() {
    return "From the call to the known end of `/bin/true` in a new place; removing the place is timed on its own.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    Rounds.interleave(
        bench.engines(),
        bench.rounds(50, 3),
        bench.rounds(300, 10),
        (engine, counts) -> {
          long start = System.nanoTime();
          Engine.Remains remains = engine.runTrue();
          long ran = System.nanoTime();
          remains.remove();
          long removed = System.nanoTime();
          if (counts) {
            series.add(RUN, engine.name(), Unit.MILLISECONDS, (ran - start) / 1e6);
            series.add(REMOVE, engine.name(), Unit.MILLISECONDS, (removed - ran) / 1e6);
          }
        });
    return series.build().stream()
        .filter(each -> !(each.measure().equals(REMOVE) && each.engine().equals(HostEngine.NAME)))
        .toList();
  }
}
