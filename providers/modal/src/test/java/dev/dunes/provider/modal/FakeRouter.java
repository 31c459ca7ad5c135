package dev.dunes.provider.modal;

import dev.dunes.sandbox.InvalidRequestException;
import io.grpc.Status;
import io.grpc.StatusException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/** The server of the fake at which commands run. */
final class FakeRouter {
  private static final int MOST_ARGUMENTS = 65_536;

  private final FakeModal fake;

  /** After so many bytes the next read of standard output breaks; 0 for never. */
  final AtomicInteger cutNextReadAfter = new AtomicInteger();

  /** After so many bytes the next stream of input breaks; 0 for never. */
  final AtomicInteger cutNextInputAfter = new AtomicInteger();

  FakeRouter(FakeModal fake) {
    this.fake = fake;
  }

  void handle(FakeCall call) throws Exception {
    String token = call.header("authorization");
    String known = token.startsWith("Bearer ") ? fake.jwts.get(token.substring(7)) : null;
    if (known == null) {
      throw Status.UNAUTHENTICATED.withDescription("invalid " + token).asException();
    }
    WireMessage asked = call.next().orElseThrow();
    boolean stream = call.method.equals("TaskExecStdinWriteStream");
    WireMessage named = stream ? asked.message(1) : asked;
    FakeBox box = FakeModal.live(fake.task(named.text(1)));
    if (!box.id.equals(known)) {
      throw Status.PERMISSION_DENIED.withDescription("not this task").asException();
    }
    switch (call.method) {
      case "TaskExecStart" -> {
        start(box, asked);
        call.send(new WireFields());
      }
      case "TaskSnapshotFilesystem" ->
          call.send(new WireFields().text(1, fake.images.snapshot(box, asked.text(2))));
      case "TaskExecStdioRead" -> {
        int number = (int) asked.number(4);
        int cut = number == 0 ? cutNextReadAfter.getAndSet(0) : 0;
        exec(box, asked).send(call, number, asked.number(3), cut);
      }
      case "TaskExecWait" -> call.send(exec(box, asked).exit(true));
      case "TaskExecPoll" -> call.send(exec(box, asked).exit(false));
      case "TaskExecStdinWrite" -> {
        exec(box, asked).write(asked.number(3), asked.bytes(4), asked.flag(5));
        call.send(new WireFields());
      }
      case "TaskExecStdinStatus" -> call.send(exec(box, asked).status());
      case "TaskExecStdinWriteStream" -> {
        input(call, exec(box, named), named.number(3));
        call.send(new WireFields());
      }
      default -> throw Status.UNIMPLEMENTED.withDescription(call.method).asException();
    }
  }

  private static void start(FakeBox box, WireMessage asked) throws StatusException {
    int bytes = asked.texts(3).stream().mapToInt(String::length).sum();
    if (bytes > MOST_ARGUMENTS) {
      throw Status.INVALID_ARGUMENT.withDescription("too long").asException();
    }
    try {
      box.execs.computeIfAbsent(asked.text(2), id -> new FakeExec(box.sandbox, asked));
    } catch (InvalidRequestException e) {
      throw Status.INVALID_ARGUMENT.withDescription(e.getMessage()).asException();
    }
  }

  private static FakeExec exec(FakeBox box, WireMessage asked) throws StatusException {
    FakeExec exec = box.execs.get(asked.text(2));
    if (exec == null) {
      throw Status.NOT_FOUND.withDescription("exec not found").asException();
    }
    return exec;
  }

  /** Without an end the input stays open. */
  private void input(FakeCall call, FakeExec exec, long from) throws Exception {
    long at = from;
    int cut = cutNextInputAfter.getAndSet(0);
    for (Optional<WireMessage> next = call.next(); next.isPresent(); next = call.next()) {
      byte[] data = next.get().bytes(2);
      exec.write(at, data, next.get().has(3));
      at += data.length;
      if (cut > 0 && at - from >= cut) {
        throw Status.UNAVAILABLE.withDescription("the router restarts").asException();
      }
    }
  }
}
