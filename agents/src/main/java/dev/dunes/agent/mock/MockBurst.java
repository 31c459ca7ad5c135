package dev.dunes.agent.mock;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Many small pieces of one message: {@code burst N} as fast as they are taken, {@code burst N R} at
 * R a second. Not in the sheet: for load.
 */
final class MockBurst implements Iterator<AgentEvent> {
  private static final Pattern COMMAND =
      Pattern.compile(
          "burst\\s+([1-9][0-9]{0,6})(?:\\s+([1-9][0-9]{0,6}))?", Pattern.CASE_INSENSITIVE);
  private static final String PIECE = ".";
  private static final long SECOND = 1_000_000_000L;

  private final String id;
  private final int count;
  private final long nanosEach;
  private int given = -1;

  private MockBurst(String id, int count, long nanosEach) {
    this.id = id;
    this.count = count;
    this.nanosEach = nanosEach;
  }

  static Optional<MockBurst> of(String prefix, String text) {
    Matcher matcher = COMMAND.matcher(text);
    if (!matcher.matches()) {
      return Optional.empty();
    }
    long nanos = matcher.group(2) == null ? 0 : SECOND / Integer.parseInt(matcher.group(2));
    return Optional.of(new MockBurst(prefix + "_burst", Integer.parseInt(matcher.group(1)), nanos));
  }

  /** How long after its begin the next one is due. */
  long dueNanos() {
    return Math.max(0, given) * nanosEach;
  }

  @Override
  public boolean hasNext() {
    return given <= count;
  }

  @Override
  public AgentEvent next() {
    int number = given++;
    if (number < 0) {
      return MockItems.started(id, Kind.MESSAGE, Role.ASSISTANT);
    }
    if (number < count) {
      return MockItems.delta(id, PIECE);
    }
    if (number > count) {
      throw new NoSuchElementException();
    }
    return MockItems.completed(
        id, Kind.MESSAGE, Role.ASSISTANT, MockItems.text(PIECE.repeat(count)));
  }
}
