package dev.dunes.hosting;

import dev.dunes.hosting.BuildLog.Level;
import dev.dunes.hosting.TemplateBuild.Saved;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The builds that wait and run: two at a time, accounts taking turns, each on a thread of its own,
 * with its log.
 */
final class BuildQueue implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(BuildQueue.class);
  private static final int AT_ONCE = 2;

  /** How many builds of one account wait or run; as many as E2B lets an account run. */
  static final int MOST_OF_ACCOUNT = 20;

  /** Of so many builds that have ended the logs are kept. */
  static final int MOST_LOGS = 100;

  private static final Duration LAST = Duration.ofSeconds(10);

  private final TemplateFiles files;
  private final BiFunction<Account, Make, BuildRun.Base.Made> base;
  private final BaseImages images;
  private final Duration limit;
  private final BuildTurns turns = new BuildTurns(AT_ONCE, MOST_OF_ACCOUNT);
  private final Map<String, BuildLog> logs = new ConcurrentHashMap<>();

  private final ReentrantLock lock = new ReentrantLock();

  /** Builds that have ended and have a log, the oldest first. */
  private final Deque<String> ended = new ArrayDeque<>();

  private final Map<String, Thread> running = new ConcurrentHashMap<>();
  private volatile boolean closed;

  /** What to build in. */
  record Make(String template, Duration lifetime) {}

  /** Hears how far a build is. */
  interface Listener {
    void begun();

    /** It has ended: with what it made, or the reason why not. */
    void ended(Optional<Saved> saved, Optional<TemplateBuild.Reason> reason);
  }

  /**
   * @param base makes the sandboxes that are built in
   * @param images which images templates stand for
   * @param limit how long a build may take
   */
  BuildQueue(
      TemplateFiles files,
      BiFunction<Account, Make, BuildRun.Base.Made> base,
      BaseImages images,
      Duration limit) {
    this.files = files;
    this.base = base;
    this.images = images;
    this.limit = limit;
  }

  boolean closed() {
    return closed;
  }

  /**
   * A place for a build, to be started or closed.
   *
   * @throws HostingException of reason {@code LIMIT_REACHED} when the account has too many
   */
  BuildTurns.Place enter(Account account) {
    return turns.enter(account.id());
  }

  BuildLog log(String build) {
    return Optional.ofNullable(logs.get(build)).orElseGet(BuildLog::new);
  }

  void start(
      BuildTurns.Place place, Account account, String build, BuildPlan plan, Listener listener) {
    BuildLog log = logs.computeIfAbsent(build, id -> new BuildLog());
    Thread thread =
        Thread.ofVirtual()
            .name("dunes-build-" + build)
            .unstarted(() -> run(place, account, build, plan, log, listener));
    running.put(build, thread);
    thread.start();
  }

  private void run(
      BuildTurns.Place place,
      Account account,
      String build,
      BuildPlan plan,
      BuildLog log,
      Listener listener) {
    Optional<Saved> saved = Optional.empty();
    Optional<TemplateBuild.Reason> reason = Optional.empty();
    try (place) {
      place.await();
      listener.begun();
      saved =
          Optional.of(
              new BuildRun(
                      plan,
                      log,
                      files,
                      (from, lifetime) -> base.apply(account, new Make(from, lifetime)),
                      images,
                      limit)
                  .run());
    } catch (BuildFailedException e) {
      reason = Optional.of(new TemplateBuild.Reason(String.valueOf(e.getMessage()), e.step()));
    } catch (InterruptedException | SandboxInterruptedException e) {
      reason = Optional.of(new TemplateBuild.Reason("the build was ended", "base"));
    } catch (RuntimeException e) {
      LOG.warn("build {} has failed", build, e);
      reason = Optional.of(new TemplateBuild.Reason(String.valueOf(e.getMessage()), "base"));
    }
    Thread.interrupted(); // what is left is written down in any case
    try {
      reason.ifPresent(why -> log.add(Level.ERROR, why.step(), why.message()));
      listener.ended(saved, reason);
    } finally {
      running.remove(build);
      ended(build);
    }
  }

  private void ended(String build) {
    lock.lock();
    try {
      ended.addLast(build);
      while (ended.size() > MOST_LOGS) {
        logs.remove(ended.removeFirst());
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends a build that runs or waits, and forgets what it said. */
  void forget(String build) {
    Optional.ofNullable(running.get(build)).ifPresent(Thread::interrupt);
    logs.remove(build);
  }

  /** Ends the builds that run; they have failed then. */
  @Override
  public void close() {
    closed = true;
    List<Thread> threads = List.copyOf(running.values());
    threads.forEach(Thread::interrupt);
    try {
      for (Thread thread : threads) {
        thread.join(LAST);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
