package dev.dunes.bench;

/** Counts events whose numbers follow on one another, up to a number. For one thread. */
final class EventCount implements SseReader.Sink {
  private final long wanted;
  private long got;
  private long highest;

  EventCount(long wanted) {
    this(wanted, 0, 0);
  }

  private EventCount(long wanted, long got, long highest) {
    this.wanted = wanted;
    this.got = got;
    this.highest = highest;
  }

  /** The same, counting on to another number. */
  EventCount to(long other) {
    return new EventCount(other, got, highest);
  }

  long got() {
    return got;
  }

  @Override
  public boolean event(long id, byte[] data, int length) {
    if (id > highest) {
      got++;
      highest = id;
    }
    return highest < wanted;
  }
}
