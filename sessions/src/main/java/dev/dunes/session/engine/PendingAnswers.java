package dev.dunes.session.engine;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** Answers that were begun when their messages were sent, the oldest first. Sheet 3.1, rule 7. */
final class PendingAnswers {
  private final Deque<OpenItem> waiting = new ArrayDeque<>();

  void add(OpenItem answer) {
    waiting.add(answer);
  }

  Optional<OpenItem> poll() {
    return Optional.ofNullable(waiting.poll());
  }

  List<OpenItem> pollAll() {
    List<OpenItem> all = List.copyOf(waiting);
    waiting.clear();
    return all;
  }
}
