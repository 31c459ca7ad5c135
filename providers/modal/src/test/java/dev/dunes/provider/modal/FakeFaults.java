package dev.dunes.provider.modal;

import io.grpc.Metadata;
import io.grpc.Status;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;

/** What was asked of the fake, and what does not go well next. */
final class FakeFaults {
  /**
   * A call that does not go well, once.
   *
   * @param after whether it is done all the same
   */
  record Fault(String method, Status status, Metadata trailers, boolean after) {}

  private record Hold(
      String method, CountDownLatch arrived, CountDownLatch release, CountDownLatch served) {}

  private final Queue<Fault> planned = new ConcurrentLinkedQueue<>();
  private final Queue<Hold> holds = new ConcurrentLinkedQueue<>();
  final Queue<String> seen = new ConcurrentLinkedQueue<>();

  /** Calls of this method wait until it is counted down; what they make is made before. */
  volatile Optional<Map.Entry<String, CountDownLatch>> slow = Optional.empty();

  void next(Fault fault) {
    planned.add(fault);
  }

  /** What was planned and has met no call. */
  List<Fault> left() {
    return List.copyOf(planned);
  }

  /**
   * Nobody looks at the next such call before the latch is open.
   *
   * @return a latch that is open when it has been looked at
   */
  CountDownLatch hold(String method, CountDownLatch arrived, CountDownLatch release) {
    CountDownLatch served = new CountDownLatch(1);
    holds.add(new Hold(method, arrived, release, served));
    return served;
  }

  /** Hands a call on, unless something else was planned for it. */
  void take(FakeCall call, FakeCall.Handler handler) throws Exception {
    Optional<Hold> hold =
        holds.stream().filter(each -> each.method().equals(call.method)).findFirst();
    if (hold.filter(holds::remove).isEmpty()) {
      faulty(call, handler);
      return;
    }
    hold.get().arrived().countDown();
    hold.get().release().await();
    try {
      faulty(call, handler);
    } finally {
      hold.get().served().countDown();
    }
  }

  private void faulty(FakeCall call, FakeCall.Handler handler) throws Exception {
    seen.add(call.method);
    Optional<Map.Entry<String, CountDownLatch>> wait =
        slow.filter(each -> each.getKey().equals(call.method));
    if (wait.isPresent()) {
      if (call.method.startsWith("SandboxCreate")) {
        handler.handle(call.silent());
      }
      wait.get().getValue().await();
    }
    Optional<Fault> fault =
        planned.stream().filter(each -> each.method().equals(call.method)).findFirst();
    fault.ifPresent(planned::remove);
    if (fault.isPresent() && !fault.get().after()) {
      throw fault.get().status().asException(fault.get().trailers());
    }
    if (fault.isPresent()) {
      // done, and nobody is told
      handler.handle(call.silent());
      throw fault.get().status().asException(fault.get().trailers());
    }
    handler.handle(call);
  }
}
