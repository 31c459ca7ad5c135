package dev.dunes.session;

import java.util.Locale;

/** What a run is doing, in the three words its clients know. */
public enum RunStatus {
  RUNNING,
  /** Its last event was a result that is a success and no error. */
  COMPLETED,
  /** It ended in any other way. */
  ERROR;

  /** The lower-case name used on every wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
