package dev.dunes.session.engine;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What an agent says on standard error: its first 20 and its last 50 lines. Never parsed. Agent
 * API, sheet 4.11.
 */
final class StderrTail {
  private static final int HEAD = 20;
  private static final int TAIL = 50;
  private static final int LONGEST = 2000;

  private final List<String> head = new ArrayList<>();
  private final Deque<String> tail = new ArrayDeque<>();
  private final StringBuilder line = new StringBuilder();
  private long lines;

  void add(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '\n') {
        end();
      } else if (line.length() < LONGEST) {
        line.append(c);
      }
    }
  }

  private void end() {
    lines++;
    if (head.size() < HEAD) {
      head.add(line.toString());
    } else {
      tail.add(line.toString());
      if (tail.size() > TAIL) {
        tail.remove();
      }
    }
    line.setLength(0);
  }

  /** All of it that is kept; what is left out in between is counted. */
  String text() {
    List<String> all = new ArrayList<>(head);
    long between = lines - head.size() - tail.size();
    if (between > 0) {
      all.add("[%d lines are left out here]".formatted(between));
    }
    all.addAll(tail);
    if (!line.isEmpty()) {
      all.add(line.toString());
    }
    return String.join("\n", all);
  }
}
