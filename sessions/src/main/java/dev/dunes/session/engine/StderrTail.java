package dev.dunes.session.engine;

import dev.dunes.sandbox.SecretMask;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * What an agent says on standard error: its first 20 and its last 50 lines, secrets masked. Never
 * parsed. Agent API, sheet 4.11.
 */
final class StderrTail {
  private static final int HEAD = 20;
  private static final int TAIL = 50;
  private static final int LONGEST = 2000;

  private final List<String> head = new ArrayList<>();
  private final Deque<String> tail = new ArrayDeque<>();
  private final StringBuilder line = new StringBuilder();
  private final SecretMask.Filter mask;
  private long lines;
  private boolean ended;

  StderrTail(SecretMask mask) {
    this.mask = mask.filter();
  }

  void add(String text) {
    // Before lines are cut: half a secret is one, too.
    append(mask.add(text.getBytes(StandardCharsets.UTF_8)));
  }

  private void append(byte[] masked) {
    String text = new String(masked, StandardCharsets.UTF_8);
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

  /** All of it that is kept, now that it has ended; what is left out in between is counted. */
  String text() {
    if (!ended) {
      ended = true;
      append(mask.end());
    }
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
