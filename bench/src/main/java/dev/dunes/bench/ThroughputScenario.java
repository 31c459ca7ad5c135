package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/** Whole cycles: made, {@code /bin/true} run, removed. */
final class ThroughputScenario implements Scenario {
  private static final int SERIAL_IN_FLIGHT = 1;
  static final String SERIAL = "one after another";
  static final String PARALLEL = "several at a time";

  @Override
  public String name() {
    return "throughput";
  }

  @Override
  public String title() {
    return "Isolated runs per second";
  }

  @Override
  public String method() {
    return "Full cycles (create, run `/bin/true`, remove everything) in slices of 2 s, engine after engine; first one at a time, then "
        + inFlight()
        + " in flight.";
  }

  static int inFlight() {
    return 2 * Runtime.getRuntime().availableProcessors();
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(BubblewrapEngine.NAME);
    long slice = bench.options().quick() ? 150_000_000L : 2_000_000_000L;
    int slices = bench.rounds(5, 2);
    for (int inFlight : new int[] {SERIAL_IN_FLIGHT, inFlight()}) {
      String measure = inFlight == SERIAL_IN_FLIGHT ? SERIAL : PARALLEL;
      List<Engine> engines =
          bench.engines().stream().filter(engine -> !(engine instanceof HostEngine)).toList();
      Rounds.interleave(
          engines,
          1,
          slices,
          (engine, counts) -> {
            double rate = rate(engine, inFlight, slice);
            if (counts) {
              series.add(measure, engine.name(), Unit.PER_SECOND, rate);
            }
          });
    }
    return series.build();
  }

  private static double rate(Engine engine, int inFlight, long nanos)
      throws IOException, InterruptedException {
    AtomicInteger done = new AtomicInteger();
    long start = System.nanoTime();
    Callable<Boolean> loop =
        () -> {
          while (System.nanoTime() - start < nanos) {
            engine.runTrue().remove();
            done.incrementAndGet();
          }
          return true;
        };
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> loops = new ArrayList<>();
      for (int i = 0; i < inFlight; i++) {
        loops.add(threads.submit(loop));
      }
      for (Future<Boolean> each : loops) {
        each.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(engine.name() + ": " + e.getCause(), e);
    }
    return done.get()
        / ((System.nanoTime() - start)
            / 1e9); // until the last one has ended: none is counted by half
  }
}
