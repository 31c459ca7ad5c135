package dev.dunes.sandbox.conformance;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;

/** For fakes of vendors: what was asked of one, and what does not go well next. */
public final class Faults {
  /**
   * A request that does not go well, once.
   *
   * @param path what the whole path matches
   * @param status of the answer
   * @param headers of the answer
   * @param body of the answer, where the fake has none of its own for errors
   * @param after whether it is done all the same
   */
  public record Fault(
      String method,
      String path,
      int status,
      Map<String, String> headers,
      String body,
      boolean after) {}

  private record Hold(String method, String path, CountDownLatch arrived, CountDownLatch release) {}

  private final Queue<Fault> planned = new ConcurrentLinkedQueue<>();
  private final Queue<Hold> held = new ConcurrentLinkedQueue<>();
  private final Queue<String> seen = new ConcurrentLinkedQueue<>();

  public Faults() {}

  public void next(Fault fault) {
    planned.add(fault);
  }

  /** The next such request is answered with this status and is not done, or is after all. */
  public void next(String method, String path, int status, boolean after) {
    next(new Fault(method, path, status, Map.of(), "{}", after));
  }

  /** Nobody looks at the next such request before the latch is open. */
  public void hold(String method, String path, CountDownLatch arrived, CountDownLatch release) {
    held.add(new Hold(method, path, arrived, release));
  }

  /** Notes a request; waits when it is to; says what becomes of it. */
  public Optional<Fault> enter(String method, String path) throws InterruptedException {
    seen.add(method + " " + path);
    Optional<Hold> hold =
        first(held, each -> each.method().equals(method) && path.matches(each.path()));
    if (hold.isPresent()) {
      hold.get().arrived().countDown();
      hold.get().release().await();
    }
    return first(planned, each -> each.method().equals(method) && path.matches(each.path()));
  }

  private static <T> Optional<T> first(Queue<T> queue, Predicate<T> wanted) {
    Optional<T> found = queue.stream().filter(wanted).findFirst();
    return found.filter(queue::remove);
  }

  /** How many requests {@code METHOD PATH} matched this. */
  public long asked(String request) {
    return seen.stream().filter(each -> each.matches(request)).count();
  }

  /** {@code METHOD PATH} of all requests so far. */
  public List<String> seen() {
    return List.copyOf(seen);
  }

  /** Forgets what was asked. */
  public void forgetSeen() {
    seen.clear();
  }

  /** What was planned and has met no request. */
  public List<Object> left() {
    return List.of(planned.toArray());
  }
}
