package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The processes started in one sandbox by this server. Ended ones are kept for ten minutes, the
 * last 64 of them; of those before them how they ended is known for 30 s. Safe for use by several
 * threads.
 */
public final class Processes {
  private static final Duration KEPT = Duration.ofMinutes(10);
  private static final int MOST_ENDED = 64;

  /** How long the end of a process can be asked for in any case. E2B wire 3.4. */
  private static final Duration END_KNOWN = Duration.ofSeconds(30);

  private static final int MOST_JUST_ENDED = 1024;
  private static final int MOST_RUNNING = 256;

  /** Linux has no larger process ids. */
  private static final long ABOVE_ALL_PIDS = 1L << 22;

  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, HostedProcess> all = new LinkedHashMap<>();

  /** Those of them that have ended, in the order they did; the last {@link #MOST_ENDED} first. */
  private final Deque<HostedProcess> ended = new ArrayDeque<>();

  /** Those that ended before them. */
  private final Deque<HostedProcess> surplus = new ArrayDeque<>();

  private int starting;
  private long numbers = ABOVE_ALL_PIDS;

  Processes() {}

  /**
   * Starts one.
   *
   * @param tag what its client calls it
   * @param keep how many bytes of each channel are kept
   * @throws HostingException when too many run
   */
  HostedProcess start(Sandbox sandbox, Command command, Optional<String> tag, int keep) {
    long number;
    lock.lock();
    try {
      tidy();
      number = ++numbers;
      int running = all.size() - ended.size() - surplus.size();
      if (running + starting >= MOST_RUNNING) {
        throw new HostingException(
            HostingException.Reason.LIMIT_REACHED,
            "%d processes run in the sandbox; end one".formatted(MOST_RUNNING));
      }
      starting++;
    } finally {
      lock.unlock();
    }
    HostedProcess process = null;
    try {
      process =
          new HostedProcess(command, tag, sandbox.start(command), number, keep, this::hasEnded);
      return process;
    } finally {
      lock.lock();
      try {
        starting--;
        if (process != null) {
          all.put(process.id(), process);
        }
      } finally {
        lock.unlock();
      }
    }
  }

  private void hasEnded(HostedProcess process) {
    lock.lock();
    try {
      if (all.containsKey(process.id())) {
        ended.addLast(process);
        tidy();
      }
    } finally {
      lock.unlock();
    }
  }

  /** All, in the order they were started. */
  public List<HostedProcess> list() {
    lock.lock();
    try {
      tidy();
      return new ArrayList<>(all.values());
    } finally {
      lock.unlock();
    }
  }

  /** One by its id or its process id; of several with the same process id the last one. */
  public Optional<HostedProcess> find(String name) {
    lock.lock();
    try {
      HostedProcess known = all.get(name);
      return known != null
          ? Optional.of(known)
          : all.values().stream()
              .filter(process ->
                  process.pid().isPresent()
                      && Long.toString(process.pid().getAsLong()).equals(name))
              .reduce((first, last) -> last);
    } finally {
      lock.unlock();
    }
  }

  /** Forgets one that nobody will ask for. */
  public void forget(HostedProcess process) {
    lock.lock();
    try {
      if (all.remove(process.id()) != null && !ended.remove(process)) {
        surplus.remove(process);
      }
    } finally {
      lock.unlock();
    }
  }

  private void tidy() {
    while (ended.size() > MOST_ENDED) {
      HostedProcess process = ended.removeFirst();
      process.forgetOutput();
      surplus.addLast(process);
    }
    Instant now = Instant.now();
    while (surplus.size() + ended.size() > MOST_JUST_ENDED || isOver(surplus, END_KNOWN, now)) {
      all.remove(surplus.removeFirst().id());
    }
    while (isOver(ended, KEPT, now)) {
      all.remove(ended.removeFirst().id());
    }
  }

  private static boolean isOver(Deque<HostedProcess> queue, Duration kept, Instant now) {
    HostedProcess first = queue.peekFirst();
    return first != null && first.endedAt().plus(kept).isBefore(now);
  }
}
