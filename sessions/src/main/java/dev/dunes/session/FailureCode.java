package dev.dunes.session;

import java.util.Locale;

/** Why a run ended by our word and not by a result of its agent. */
public enum FailureCode {
  SANDBOX_CREATE,
  UPLOAD,
  CONFIG,
  CRASHED,
  TIMEOUT,
  CANCELLED,
  /** The model refused the key. */
  AUTH,
  SHUTDOWN,
  INTERNAL;

  /** The lower-case name used on every wire. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }
}
