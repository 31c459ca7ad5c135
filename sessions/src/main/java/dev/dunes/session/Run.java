package dev.dunes.session;

import java.time.Duration;

/**
 * One run: known from the moment it is accepted, before its sandbox exists. Safe for use by several
 * threads.
 *
 * <p>Its events are held for the first subscription. A slow subscription slows the agent; nothing
 * is dropped. A run that is not {@linkplain RunRequest#unattended() unattended} ends as {@code
 * disconnected} when its last subscription is closed before the last event was taken, or when no
 * event is taken for 300 s.
 */
public interface Run {
  /** Its id: 8 lower-case hexadecimal digits, or {@code trigger-<name>-<6 digits>}. */
  String id();

  /** How long it may run from the moment its sandbox is ready. */
  Duration timeout();

  /** How it stands now. */
  RunRecord record();

  /** Listens from now on; the first subscription hears everything. */
  RunSubscription subscribe();

  /**
   * Ends it: its last event follows within 2 s, its sandbox is gone within 7 s. No effect once it
   * has ended. Returns at once.
   */
  void cancel();

  /** Waits until its last event has been given out; false when it still runs then. */
  boolean awaitEnd(Duration limit);

  /** Waits until its sandbox is gone, too; false when it is not by then. */
  boolean awaitCleanup(Duration limit);
}
