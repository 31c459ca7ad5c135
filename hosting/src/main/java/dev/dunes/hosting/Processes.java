package dev.dunes.hosting;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
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
      long running = all.values().stream().filter(HostedProcess::isRunning).count();
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
      process = new HostedProcess(command, tag, sandbox.start(command), number, keep);
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
      all.remove(process.id());
    } finally {
      lock.unlock();
    }
  }

  private void tidy() {
    Instant now = Instant.now();
    List<HostedProcess> ended =
        all.values().stream()
            .filter(process -> !process.isRunning())
            .sorted(Comparator.comparing(HostedProcess::endedAt).reversed())
            .toList();
    for (int i = 0; i < ended.size(); i++) {
      HostedProcess process = ended.get(i);
      boolean surplus = i >= MOST_ENDED;
      Instant kept = process.endedAt().plus(surplus ? END_KNOWN : KEPT);
      if (kept.isBefore(now) || i >= MOST_JUST_ENDED) {
        all.remove(process.id());
      } else if (surplus) {
        process.forgetOutput();
      }
    }
  }
}
