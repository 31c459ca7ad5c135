package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Runs something for every engine in turn, A B C, B C A, …, so that whatever else the machine does
 * meets all of them alike. Some rounds before the first one that counts warm everything up.
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
    List<Engine> order = new ArrayList<>(engines);
    for (int round = -warmUp; round < rounds; round++) {
      for (Engine engine : order) {
        if (Math.floorMod(round, engine.stride()) == 0) {
          step.run(engine, round >= 0);
        }
      }
      Collections.rotate(order, -1);
    }
  }
}
