package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Channel;
import tools.jackson.databind.node.ObjectNode;

/** What a kernel says while it runs a cell. */
sealed interface KernelEvent {
  /** About how many bytes it takes to keep it. */
  int size();

  /** The kernel has begun with the cell, or has been given it where kernels do not tell. */
  record Begun() implements KernelEvent {
    @Override
    public int size() {
      return 0;
    }
  }

  /**
   * Something was printed.
   *
   * @param channel where
   * @param text not empty
   */
  record Output(Channel channel, String text) implements KernelEvent {
    @Override
    public int size() {
      return 2 * text.length();
    }
  }

  /**
   * Something is shown.
   *
   * @param main whether it is the value of the cell
   * @param data its forms by MIME type
   * @param size of the line that brought it
   */
  record Shown(boolean main, ObjectNode data, int size) implements KernelEvent {}

  /** The code has failed. */
  record Failure(String name, String value, String traceback) implements KernelEvent {
    @Override
    public int size() {
      return 2 * (name.length() + value.length() + traceback.length());
    }
  }

  /** The cell is over. */
  record Finished() implements KernelEvent {
    @Override
    public int size() {
      return 0;
    }
  }

  /**
   * The kernel has ended, and the cell with it.
   *
   * @param why for people
   * @param begun whether it may have done something of the cell
   */
  record Died(String why, boolean begun) implements KernelEvent {
    @Override
    public int size() {
      return 0;
    }
  }

  /** Whether nothing comes after it. */
  default boolean last() {
    return switch (this) {
      case Finished ignored -> true;
      case Died ignored -> true;
      case Begun ignored -> false;
      case Output ignored -> false;
      case Shown ignored -> false;
      case Failure ignored -> false;
    };
  }
}
