package dev.dunes.session.engine;

import dev.dunes.agent.UniversalItem;
import java.util.Optional;

/** An item that has begun and is not complete. */
final class OpenItem {
  /** More of a text is not kept: it is in the deltas. */
  private static final int MOST_TEXT = 1 << 20;

  private final String id;
  private final UniversalItem started;
  private final StringBuilder text = new StringBuilder();
  private Optional<String> name;
  private boolean delta;

  OpenItem(String id, Optional<String> name, UniversalItem started) {
    this.id = id;
    this.name = name;
    this.started = started;
  }

  String id() {
    return id;
  }

  UniversalItem started() {
    return started;
  }

  Optional<String> name() {
    return name;
  }

  void rename(String other) {
    name = Optional.of(other);
  }

  void add(String piece) {
    delta = true;
    if (text.length() < MOST_TEXT) {
      text.append(piece);
    }
  }

  boolean hasDelta() {
    return delta;
  }

  /** Its deltas so far. */
  String text() {
    return text.toString();
  }
}
