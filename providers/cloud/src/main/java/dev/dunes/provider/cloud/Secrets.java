package dev.dunes.provider.cloud;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** Values that are never shown, whoever repeats them. */
public final class Secrets {
  private static final int SHORTEST = 6;
  private static final int LONGEST_TEXT = 500;

  /** Of those that pass; a vendor gives one or two for a sandbox. */
  private static final int MOST_PASSING = 4096;

  private static final int MOST_CAUSES = 20;

  private final ReentrantLock lock = new ReentrantLock();
  private final Set<String> kept = new HashSet<>();
  private final Set<String> passing = new HashSet<>();
  private final Deque<String> order = new ArrayDeque<>();

  public Secrets() {}

  /** Takes care of one more value; very short ones cannot be told from ordinary text. */
  public void add(String value) {
    lock.lock();
    try {
      if (value.length() >= SHORTEST) {
        kept.add(value);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The same for one that others follow, such as a token for a while: the newest 4096 are known.
   */
  public void addPassing(String value) {
    lock.lock();
    try {
      if (value.length() >= SHORTEST && !kept.contains(value) && passing.add(value)) {
        order.add(value);
        if (order.size() > MOST_PASSING) {
          passing.remove(order.remove());
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** A text of a vendor as one line of at most 500 characters without these values. */
  public String clean(String text) {
    StringBuilder line = new StringBuilder();
    without(text)
        .codePoints()
        .limit(LONGEST_TEXT)
        .map(c -> Character.isISOControl(c) ? ' ' : c)
        .forEach(line::appendCodePoint);
    return line.toString().strip();
  }

  /** The longest first: one may begin with another. */
  private String without(String text) {
    List<String> found = new ArrayList<>();
    lock.lock();
    try {
      kept.stream().filter(text::contains).forEach(found::add);
      passing.stream().filter(text::contains).forEach(found::add);
    } finally {
      lock.unlock();
    }
    found.sort(Comparator.comparingInt(String::length).reversed());
    String clean = text;
    for (String value : found) {
      clean = clean.replace(value, "***");
    }
    return clean;
  }

  /**
   * A cause that can be shown: itself, or, when it or one of its own causes has such a value in its
   * message, another one that only says what it may.
   */
  public Throwable clean(Throwable cause) {
    @Nullable Throwable each = cause;
    for (int i = 0; each != null && i < MOST_CAUSES; i++) {
      String message = String.valueOf(each.getMessage());
      if (!without(message).equals(message)) {
        IOException shown =
            new IOException(
                "%s: %s"
                    .formatted(
                        cause.getClass().getSimpleName(),
                        clean(String.valueOf(cause.getMessage()))));
        shown.setStackTrace(cause.getStackTrace());
        return shown;
      }
      each = each.getCause();
    }
    return cause;
  }

  @Override
  public String toString() {
    return "Secrets[%d]".formatted(kept.size());
  }
}
