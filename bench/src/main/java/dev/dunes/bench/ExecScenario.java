package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A command in a place that is there already. */
final class ExecScenario implements Scenario {
  static final String EXEC = "run /bin/true in a live one";

  @Override
  public String name() {
    return "exec";
  }

  @Override
  public String title() {
    return "Exec in a live sandbox";
  }

  @Override
  public String method() {
    return "From the call to the known end of `/bin/true` in one place that stays. Into plain bubblewrap with `nsenter` (which applies no filter"
        + " and joins no cgroup), into containers with `exec`. `host` is the same program without isolation.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    Map<Engine, Engine.Live> live = new LinkedHashMap<>();
    try {
      for (Engine engine : engines(bench)) {
        live.put(engine, engine.opens() ? engine.open() : host(engine));
      }
      Rounds.interleave(
          List.copyOf(live.keySet()),
          bench.rounds(200, 5),
          bench.rounds(1000, 25),
          (engine, counts) -> {
            Engine.Live place = live.getOrDefault(engine, host(engine));
            long start = System.nanoTime();
            place.exec();
            if (counts) {
              series.addSince(EXEC, engine.name(), start);
            }
          });
    } finally {
      for (Engine.Live each : live.values()) {
        each.remove();
      }
    }
    return series.build();
  }

  private static List<Engine> engines(Bench bench) {
    List<Engine> engines = new ArrayList<>(bench.engines());
    // nobody enters those twice: without limits it is the same
    engines.removeIf(engine ->
        engine instanceof BubblewrapEngine
            && (engine != bench.bubblewrap() || !bench.bubblewrap().enters()));
    return engines;
  }

  private static Engine.Live host(Engine engine) {
    return new Engine.Live() {
      @Override
      public void exec() throws IOException, InterruptedException {
        engine.runTrue().remove();
      }

      @Override
      public List<Long> processes(ProcessTable table) {
        return List.of();
      }

      @Override
      public void remove() {}
    };
  }
}
