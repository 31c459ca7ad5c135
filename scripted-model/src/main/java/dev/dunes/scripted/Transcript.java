package dev.dunes.scripted;

import java.util.ArrayList;
import java.util.List;

/** A conversation reduced to who said what, whichever protocol carried it. Built in order. */
final class Transcript {
  /** Who speaks. */
  enum Role {
    USER,
    /** The result of a tool. */
    TOOL,
    /** The model, without calling a tool: its turn is over. */
    MODEL,
    /** The model, calling a tool. */
    CALL
  }

  /** One part. */
  record Part(Role role, String text) {}

  private final List<Part> parts = new ArrayList<>();

  void add(Role role, String text) {
    parts.add(new Part(role, text));
  }

  List<Part> parts() {
    return parts;
  }

  int size() {
    return parts.size();
  }

  /** How many results of tools follow a part. */
  int resultsAfter(int index) {
    return (int)
        parts.subList(index + 1, parts.size()).stream()
            .filter(part -> part.role() == Role.TOOL)
            .count();
  }

  /** Where the model last ended a turn, or −1. */
  int lastEnd() {
    for (int i = parts.size() - 1; i >= 0; i--) {
      if (parts.get(i).role() == Role.MODEL) {
        return i;
      }
    }
    return -1;
  }
}
