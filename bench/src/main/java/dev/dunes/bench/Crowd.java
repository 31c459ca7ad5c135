package dev.dunes.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/** Many places of one engine. */
final class Crowd {
  private final List<Engine.Live> places = new ArrayList<>();

  /** Something done for one place. */
  interface Step {
    void run(Engine.Live place) throws IOException, InterruptedException;
  }

  /**
   * Opens so many.
   *
   * @param atOnce how many are being made at any moment
   */
  void open(Engine engine, int count, int atOnce) throws IOException, InterruptedException {
    Semaphore turns = new Semaphore(atOnce);
    List<Future<Engine.Live>> opening = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < count; i++) {
        opening.add(
            threads.submit(() -> {
              turns.acquire();
              try {
                return engine.open();
              } finally {
                turns.release();
              }
            }));
      }
    }
    IOException failure = null;
    for (Future<Engine.Live> each : opening) {
      try {
        places.add(each.get());
      } catch (ExecutionException e) {
        failure = new IOException(engine.name() + ": " + e.getCause(), e);
      }
    }
    if (failure != null) {
      remove();
      throw failure;
    }
  }

  List<Engine.Live> places() {
    return List.copyOf(places);
  }

  void each(Step step) throws IOException, InterruptedException {
    List<Future<Boolean>> steps = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Engine.Live place : places) {
        steps.add(
            threads.submit(() -> {
              step.run(place);
              return true;
            }));
      }
    }
    for (Future<Boolean> each : steps) {
      try {
        each.get();
      } catch (ExecutionException e) {
        throw new IOException(e.getCause());
      }
    }
  }

  void remove() throws IOException, InterruptedException {
    each(Engine.Live::remove);
    places.clear();
  }
}
