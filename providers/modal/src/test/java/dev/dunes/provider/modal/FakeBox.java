package dev.dunes.provider.modal;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** A sandbox as the control plane knows it. */
final class FakeBox {
  private static final int SUCCESS = 1;
  private static final int TIMEOUT = 4;

  final String id;
  final String task = "ta-" + UUID.randomUUID().toString().replace("-", "");
  final String app;
  final Sandbox sandbox;
  final WireMessage definition;
  final Instant createdAt = Instant.now();
  final Map<String, FakeExec> execs = new ConcurrentHashMap<>();
  volatile Map<String, String> tags;
  final CountDownLatch ended = new CountDownLatch(1);
  volatile int status;

  FakeBox(
      String id, String app, Sandbox sandbox, WireMessage definition, Map<String, String> tags) {
    this.id = id;
    this.app = app;
    this.sandbox = sandbox;
    this.definition = definition;
    this.tags = tags;
  }

  boolean second() {
    return ModalApi.second(id);
  }

  void end(int how) {
    if (status == 0) {
      status = how;
      sandbox.destroy();
      ended.countDown();
    }
  }

  /** It ends with its first program; without one it only waits. */
  void begin() {
    if (definition.texts(1).isEmpty()) {
      return;
    }
    RunningCommand first = sandbox.start(Command.builder(definition.texts(1)).detached().build());
    Thread.ofVirtual()
        .start(() -> {
          try {
            first.waitFor();
            end(SUCCESS);
          } catch (SandboxException e) {
            // ended from outside
          }
        });
  }

  /** The vendor keeps to the time it was given. */
  void look() {
    long seconds = definition.number(7) == 0 ? 300 : definition.number(7);
    if (Instant.now().isAfter(createdAt.plusSeconds(seconds))) {
      end(TIMEOUT);
    }
  }
}
