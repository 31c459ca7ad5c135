package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Runs something for every engine in turn, A B C, B C A, …, so that whatever else the machine does
 * meets all of them alike. Some rounds before the first one that counts warm everything up. Slow
 * ones take turns among themselves afterwards: a daemon works on after it has answered, and whoever
 * comes next would pay for that.
 */
final class Rounds {
  private Rounds() {}

  /** What is done for one engine in one round. */
  interface Step {
    /**
     * @param counts false while warming up
     */
    void run(Engine engine, boolean counts) throws IOException, InterruptedException;
  }

  static void interleave(List<Engine> engines, int warmUp, int rounds, Step step)
      throws IOException, InterruptedException {
    Map<Integer, List<Engine>> byStride =
        engines.stream()
            .collect(Collectors.groupingBy(Engine::stride, TreeMap::new, Collectors.toList()));
    for (Map.Entry<Integer, List<Engine>> each : byStride.entrySet()) {
      int stride = each.getKey();
      takeTurns(each.getValue(), ceiling(warmUp, stride), ceiling(rounds, stride), step);
    }
  }

  private static int ceiling(int rounds, int stride) {
    return (rounds + stride - 1) / stride;
  }

  private static void takeTurns(List<Engine> engines, int warmUp, int rounds, Step step)
      throws IOException, InterruptedException {
    List<Engine> order = new ArrayList<>(engines);
    for (int round = -warmUp; round < rounds; round++) {
      for (Engine engine : order) {
        step.run(engine, round >= 0);
      }
      Collections.rotate(order, -1);
    }
  }
}
