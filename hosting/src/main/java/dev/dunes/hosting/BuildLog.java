package dev.dunes.hosting;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/** What a build says, line by line. Bounded: what is too much is said to be left out. */
public final class BuildLog {
  static final int MOST = 20_000;
  static final int MOST_CHARACTERS = 1 << 20;
  private static final int LONGEST = 4096;

  private final ReentrantLock lock = new ReentrantLock();
  private final List<Line> lines = new ArrayList<>();
  private int characters;
  private boolean full;

  BuildLog() {}

  /** How important a line is. */
  public enum Level {
    DEBUG,
    INFO,
    WARN,
    ERROR
  }

  /**
   * A line.
   *
   * @param timestamp when it was said
   * @param level how important it is
   * @param message without a line feed
   * @param step as in {@link TemplateBuild.Reason}
   */
  public record Line(Instant timestamp, Level level, String message, String step) {}

  void add(Level level, String step, String message) {
    String kept = message.length() > LONGEST ? message.substring(0, LONGEST) + " …" : message;
    lock.lock();
    try {
      // The reason why a build has failed always has room; nothing else is an error.
      if (level == Level.ERROR) {
        lines.add(line(level, step, kept));
      } else if (lines.size() < MOST && characters < MOST_CHARACTERS) {
        characters += kept.length();
        lines.add(line(level, step, kept));
      } else if (!full) {
        full = true;
        lines.add(line(Level.WARN, step, "there is too much output; the rest is left out"));
      }
    } finally {
      lock.unlock();
    }
  }

  private static Line line(Level level, String step, String message) {
    return new Line(Instant.now().truncatedTo(ChronoUnit.MILLIS), level, message, step);
  }

  /** Lines of at least a level from an offset among those on. */
  public List<Line> lines(Level least, int offset, int most) {
    lock.lock();
    try {
      return lines.stream()
          .filter(line -> line.level().compareTo(least) >= 0)
          .skip(offset)
          .limit(most)
          .toList();
    } finally {
      lock.unlock();
    }
  }
}
