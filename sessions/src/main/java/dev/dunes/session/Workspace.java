package dev.dunes.session;

import dev.dunes.sandbox.Sandbox;
import java.util.Optional;

/**
 * A sandbox that several sessions share, and that can be worked in without one: its files and
 * processes. Made when it is first needed, and anew when it has ended.
 */
public interface Workspace {
  /** What {@link SessionSpec.Builder#workspace} names. */
  String name();

  /**
   * The sandbox, made when there is none. Stays the workspace's: do not destroy it.
   *
   * @throws SessionException {@code stream_error} when it cannot be made
   */
  Sandbox sandbox();

  /** The sandbox, if there is one now. */
  Optional<Sandbox> current();

  /** The home of its user: where relative paths begin. */
  String home();
}
