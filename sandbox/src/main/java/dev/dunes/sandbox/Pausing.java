package dev.dunes.sandbox;

/** The capability to stop a sandbox's processes without losing them. Both calls may be repeated. */
public interface Pausing {
  /** Stops every process; memory is kept. While paused only resume, info and destroy work. */
  void pause();

  /** Lets every process go on. */
  void resume();
}
