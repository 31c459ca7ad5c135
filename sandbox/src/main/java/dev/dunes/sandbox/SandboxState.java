package dev.dunes.sandbox;

import java.util.Locale;

/** What a sandbox is doing. */
public enum SandboxState {
  CREATING,
  STARTING,
  RUNNING,
  /** Paused, by {@link Sandbox#pause()}. */
  STOPPED,
  STOPPING,
  TERMINATED,
  ERROR;

  /** The lower-case name used on every wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
