package dev.dunes.cli;

import dev.dunes.session.Run;
import dev.dunes.session.RunEvent;
import dev.dunes.session.RunSubscription;
import dev.dunes.session.Runs;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/** A run in this process. */
final class LocalRun implements RunEvents {
  private static final Duration CLEANUP = Duration.ofSeconds(10);

  private final Runs runs;
  private final Run run;
  private final RunSubscription events;

  LocalRun(Runs runs, Run run) {
    this.runs = runs;
    this.run = run;
    this.events = run.subscribe();
  }

  @Override
  public String id() {
    return run.id();
  }

  @Override
  public Optional<byte[]> next() {
    return events.next().map(RunEvent::json);
  }

  @Override
  public InputStream file(String relativePath) throws IOException {
    return runs.file(run.id(), relativePath)
        .orElseThrow(() -> new FileNotFoundException("it is not kept any more"));
  }

  @Override
  public void cancel() {
    run.cancel();
    withoutHurry(() -> run.awaitCleanup(CLEANUP));
  }

  @Override
  public void close() {
    events.close();
    withoutHurry(runs::close);
  }

  /** What is cleaned up now is cleaned up to its end, also after Ctrl-C. */
  private static void withoutHurry(Runnable work) {
    boolean interrupted = Thread.interrupted();
    try {
      work.run();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
