package dev.dunes.sandbox;

/**
 * The capability to save a sandbox's files and to start others from them. Running processes are not
 * copied.
 */
public interface Forking {
  /**
   * Saves the files as they are at one moment. The sandbox goes on; at a vendor who stops what is
   * saved its processes end, which the page of the provider says.
   */
  Snapshot snapshot();

  /**
   * A new sandbox with the same files and specification, and the deadline of the specification
   * counted anew.
   */
  Sandbox fork();

  /** Forgets a snapshot; sandboxes started from it go on. False when there was none. */
  boolean deleteSnapshot(String id);
}
