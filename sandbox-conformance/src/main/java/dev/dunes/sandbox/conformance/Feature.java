package dev.dunes.sandbox.conformance;

/**
 * What not every provider can do. A test that needs one is skipped, visibly, where a provider does
 * not claim it.
 */
public enum Feature {
  /** Sandboxes and their processes are on this machine and can be seen in its /proc. */
  ON_THIS_MACHINE,
  /** A second process of this machine sees the same sandboxes. */
  SEEN_BY_OTHER_PROCESSES,
  /** A sandbox that is not detached ends when the process that made it is killed. */
  ENDS_WITH_ITS_OWNER,
  /** Commands can run as other users. */
  OTHER_USERS,
  /** Commands can run on a terminal. */
  TERMINAL,
  /** Commands can go on when whoever started them has gone. */
  DETACHED_COMMANDS,
  /** Directories can be watched. */
  WATCH,
  /** What was made ahead of need can be given to somebody. */
  ASSIGN,
  PAUSE,
  FORK,
  SNAPSHOT,
  /** What runs in a sandbox goes on while its files are saved. */
  RUNS_WHILE_SAVED,
  PORTS,
  RELAYS
}
