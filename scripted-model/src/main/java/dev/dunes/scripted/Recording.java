package dev.dunes.scripted;

import java.util.concurrent.atomic.AtomicReference;

/** One request while it is being answered. */
final class Recording {
  private enum State {
    OPEN,
    ANSWERED,
    ABORTED
  }

  private final HttpRequest request;
  private final Runnable changed;
  private final AtomicReference<State> state = new AtomicReference<>(State.OPEN);
  private volatile String scenario = "";
  private volatile int step;
  private volatile int status;

  Recording(HttpRequest request, Runnable changed) {
    this.request = request;
    this.changed = changed;
  }

  void played(String name, int number) {
    scenario = name;
    step = number;
    changed.run();
  }

  void answeredWith(int code) {
    status = code;
    changed.run();
  }

  /** The answer is complete. */
  void finish() {
    state.compareAndSet(State.OPEN, State.ANSWERED);
    changed.run();
  }

  /** The client has left; true when the answer was not complete yet. */
  boolean abort() {
    boolean early = state.compareAndSet(State.OPEN, State.ABORTED);
    changed.run();
    return early;
  }

  long size() {
    return request.body().length;
  }

  RecordedRequest snapshot() {
    return new RecordedRequest(
        request.method(),
        request.target(),
        request.headers(),
        request.body(),
        scenario,
        step,
        status,
        state.get() == State.ABORTED);
  }
}
