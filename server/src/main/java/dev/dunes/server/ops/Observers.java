package dev.dunes.server.ops;

import dev.dunes.session.RunObserver;
import dev.dunes.session.RunRecord;
import dev.dunes.session.RunRefusedException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Tells several observers. */
public final class Observers implements RunObserver {
  private final List<RunObserver> all;

  public Observers(List<RunObserver> all) {
    this.all = List.copyOf(all);
  }

  @Override
  public void started(RunRecord run) {
    all.forEach(o -> o.started(run));
  }

  @Override
  public void refused(RunRefusedException.Reason reason) {
    all.forEach(o -> o.refused(reason));
  }

  @Override
  public void phase(RunRecord run, Phase phase, Instant began, Duration took) {
    all.forEach(o -> o.phase(run, phase, began, took));
  }

  @Override
  public void sandboxOpened(RunRecord run, String provider) {
    all.forEach(o -> o.sandboxOpened(run, provider));
  }

  @Override
  public void sandboxClosed(RunRecord run, String provider) {
    all.forEach(o -> o.sandboxClosed(run, provider));
  }

  @Override
  public void ended(RunRecord run) {
    all.forEach(o -> o.ended(run));
  }
}
