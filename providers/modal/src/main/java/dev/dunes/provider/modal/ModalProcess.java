package dev.dunes.provider.modal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.provider.cloud.Scripts;
import dev.dunes.provider.cloud.VendorEvent;
import dev.dunes.provider.cloud.VendorProcess;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.TerminalSize;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Status;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A command in a task. Its two streams are read at once and each is opened again where it broke;
 * its end is waited for beside them. Cloud providers 2.2.
 */
final class ModalProcess implements VendorProcess {
  /** Of all arguments together; more of them go by way of a file. */
  private static final int MOST_ARGUMENTS = 65_536;

  private static final int MOST_WAITING = 8;
  private static final long LOOK_MILLIS = 1000;
  private static final int SIGNALLED = 128;
  private static final Duration WAIT_LIMIT = Duration.ofSeconds(60);
  private static final Duration WAIT_PAUSE = Duration.ofSeconds(1);

  /** So many pauses without output after the end, and no more is waited for. */
  private static final int MOST_QUIET = 5;

  /** How long the vendor's own time limit comes after ours. */
  private static final Duration AFTER_OURS = Duration.ofSeconds(10);

  /** {@code PROGRAM…}: says its process id first; on standard error, where nothing else is yet. */
  private static final String WITH_INPUT =
      "printf '" + PidLine.PREFIX + "%s\\n' \"$$\" >&2; exec \"$@\"";

  private static final String WITHOUT_INPUT = WITH_INPUT + " </dev/null";

  /** The file is gone before the program begins. */
  private static final String BY_FILE = "rm -f -- \"$0\"\nexec ";

  /** What waits for {@link #next()}. */
  private sealed interface Item {
    record Event(VendorEvent event) implements Item {}

    record Failure(SandboxException cause) implements Item {}
  }

  private final ModalSandbox sandbox;
  private final Router router;
  private final String exec;
  private final String token;
  private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(MOST_WAITING);
  private final List<Thread> threads = new ArrayList<>();
  private final CountDownLatch streams;
  private final PidLine pid = new PidLine();
  private final AtomicInteger reopening = new AtomicInteger();
  private final AtomicLong received = new AtomicLong();
  private volatile boolean closed;
  private volatile @Nullable SandboxException lost;
  private long written;

  private ModalProcess(
      ModalSandbox sandbox, Router router, String exec, String token, int streams) {
    this.sandbox = sandbox;
    this.router = router;
    this.exec = exec;
    this.token = token;
    this.streams = new CountDownLatch(streams);
  }

  static ModalProcess start(ModalSandbox sandbox, Router router, Launch launch) {
    FramedProcess.checkSizes(launch);
    List<String> argv = argv(sandbox, launch);
    String exec = UUID.randomUUID().toString();
    boolean terminal = launch.terminal().isPresent();
    router.call(
        "TaskExecStart",
        task -> {
          WireFields request =
              new WireFields().text(1, task).text(2, exec).texts(3, argv).number(4, 1).number(5, 1);
          launch.timeout().ifPresent(limit -> request.number(6, seconds(limit.plus(AFTER_OURS))));
          launch.terminal().ifPresent(size -> request.message(9, terminal(size)));
          return request;
        });
    ModalProcess process =
        new ModalProcess(sandbox, router, exec, launch.token(), terminal ? 1 : 2);
    if (terminal) {
      process.pid.none();
    }
    process.run("modal-stdout", () -> process.read(Channel.STDOUT));
    if (!terminal) {
      process.run("modal-stderr", () -> process.read(Channel.STDERR));
    }
    process.run("modal-exit", process::await);
    return process;
  }

  private static List<String> argv(ModalSandbox sandbox, Launch launch) {
    List<String> argv = argv(launch);
    long bytes = argv.stream().mapToLong(word -> word.getBytes(UTF_8).length).sum();
    if (bytes <= MOST_ARGUMENTS) {
      return argv;
    }
    String file = "/tmp/.dunes-" + launch.token();
    sandbox.putScript(file, BY_FILE + FramedProcess.line(argv) + "\n");
    return List.of("/bin/sh", file);
  }

  private static List<String> argv(Launch launch) {
    if (launch.terminal().isPresent()) {
      return FramedProcess.withEnv(launch.argv(), launch.env());
    }
    List<String> program = new ArrayList<>(List.of("/bin/sh", "-c"));
    program.add(launch.stdin() ? WITH_INPUT : WITHOUT_INPUT);
    program.add("dunes");
    program.addAll(launch.argv());
    return FramedProcess.withEnv(program, launch.env());
  }

  static long seconds(Duration limit) {
    return Math.clamp(Math.ceilDiv(limit.toMillis(), 1000L), 1, Integer.MAX_VALUE);
  }

  private static WireFields terminal(TerminalSize size) {
    return new WireFields()
        .flag(1, true)
        .number(2, size.rows())
        .number(3, size.columns())
        .text(4, "xterm-256color")
        .text(5, "truecolor")
        .number(7, 2)
        .flag(8, true);
  }

  // ---- out ----

  private void run(String name, Runnable work) {
    threads.add(
        Thread.ofVirtual()
            .name(name)
            .start(() -> {
              try {
                work.run();
              } catch (SandboxInterruptedException e) {
                // it was let go
              } catch (SandboxException e) {
                fail(e);
              }
            }));
  }

  private void fail(SandboxException cause) {
    if (closed) {
      return;
    }
    SandboxException why = cause;
    try {
      why = sandbox.why(cause);
    } catch (SandboxException e) {
      why.addSuppressed(e);
    }
    put(new Item.Failure(why));
  }

  private void put(Item item) {
    try {
      items.put(item);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("passing output on", e);
    }
  }

  /** One stream to its end, from where it broke as often as it is worth it. */
  private void read(Channel channel) {
    long[] offset = {0};
    long[] seen = {0};
    for (int tries = 0; ; ) {
      try {
        router.stream(
            MethodType.SERVER_STREAMING,
            "TaskExecStdioRead",
            (call, task) -> {
              WireFields request = new WireFields().text(1, task).text(2, exec);
              request.number(3, offset[0]).number(4, channel == Channel.STDOUT ? 0 : 1);
              call.send(request.toBytes());
              call.end();
              for (Optional<byte[]> next = call.next(); next.isPresent(); next = call.next()) {
                byte[] data = WireMessage.of(next.get()).bytes(1);
                offset[0] += data.length;
                output(channel, data);
              }
              return true;
            });
        break;
      } catch (StatusException e) {
        tries = offset[0] > seen[0] ? 0 : tries;
        seen[0] = offset[0];
        if (!Router.again(e, tries)) {
          throw router.failure(e);
        }
        reopening.incrementAndGet();
        ControlPlane.pause(Router.backoff(tries++));
        reopening.decrementAndGet();
      }
    }
    if (channel == Channel.STDERR) {
      byte[] rest = pid.end();
      if (rest.length > 0) {
        put(new Item.Event(new VendorEvent.Output(channel, rest)));
      }
    }
    streams.countDown();
  }

  private void output(Channel channel, byte[] data) {
    received.addAndGet(data.length);
    byte[] shown = channel == Channel.STDERR ? pid.take(data) : data;
    if (shown.length > 0) {
      put(new Item.Event(new VendorEvent.Output(channel, shown)));
    }
  }

  /** Waits for its end, for as long as it takes, then for what it wrote. */
  private void await() {
    VendorEvent.Exit exit = exit();
    long before = -1;
    int quiet = 0;
    while (quiet < MOST_QUIET && !drained()) {
      // something it left in the background may hold its streams open for ever
      boolean still = before == received.get() && items.isEmpty() && reopening.get() == 0;
      quiet = still ? quiet + 1 : 0;
      before = received.get();
    }
    put(new Item.Event(exit));
  }

  private boolean drained() {
    try {
      return streams.await(WAIT_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("reading what a command wrote", e);
    }
  }

  private VendorEvent.Exit exit() {
    while (true) {
      try {
        WireMessage answer =
            router.once(
                "TaskExecWait", task -> new WireFields().text(1, task).text(2, exec), WAIT_LIMIT);
        if (answer.has(2)) {
          int signal = (int) answer.number(2);
          return signal > 0 && signal < SIGNALLED
              ? VendorEvent.Exit.signal(signal)
              : VendorEvent.Exit.code(SIGNALLED);
        }
        if (!answer.has(1)) {
          throw Status.UNKNOWN.withDescription("no exit code").asException();
        }
        return VendorEvent.Exit.code((int) answer.number(1));
      } catch (StatusException e) {
        if (!ModalErrors.passing(e)) {
          throw router.failure(e);
        }
        if (!ModalErrors.is(e, Status.Code.DEADLINE_EXCEEDED)) {
          sandbox.checkAlive(router.failure(e));
        }
        ControlPlane.pause(WAIT_PAUSE);
      }
    }
  }

  @Override
  public VendorEvent next() {
    if (lost != null) {
      throw requireNonNull(lost);
    }
    try {
      Item item = items.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      while (item == null && !closed) {
        item = items.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      }
      return switch (item == null ? letGo() : item) {
        case Item.Event(VendorEvent event) -> event;
        case Item.Failure(SandboxException cause) -> {
          lost = cause;
          throw cause;
        }
      };
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("following a command", e);
    }
  }

  // ---- in ----

  /** What comes twice at the same place is taken once. */
  @Override
  public void write(byte[] data) {
    input(data, false);
    written += data.length;
  }

  @Override
  public void closeInput() {
    input(new byte[0], true);
  }

  private void input(byte[] data, boolean last) {
    long at = written;
    router.call(
        "TaskExecStdinWrite",
        task ->
            new WireFields()
                .text(1, task)
                .text(2, exec)
                .number(3, at)
                .bytes(4, data)
                .flag(5, last));
  }

  /** By which its input is written in another way, see {@link ModalPut}. */
  String exec() {
    return exec;
  }

  /** There is no call for that: it is done from inside. */
  void kill() {
    pid.get()
        .ifPresentOrElse(
            number ->
                sandbox.runQuietly(
                    "kill -KILL -\"$1\" 2>/dev/null || kill -KILL \"$1\"", Long.toString(number)),
            this::closeInput);
  }

  /** There is no call for that: the terminal is told from inside. */
  @Override
  public void resize(TerminalSize size) {
    sandbox.runQuietly(
        Scripts.MARKED
            + """
            for p in $(marked "$1"); do
              stty rows "$2" cols "$3" <"/proc/$p/fd/0" && exit 0
            done
            """,
        token,
        Integer.toString(size.rows()),
        Integer.toString(size.columns()));
  }

  @Override
  public OptionalLong pid() {
    return pid.get();
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    threads.forEach(Thread::interrupt);
    pid.none();
    items.clear();
    // when there is no room, whoever waits finds it closed
    items.offer(letGo());
  }

  private Item letGo() {
    return new Item.Failure(
        new ProviderException(
            "a command at modal is not followed any more",
            ErrorDetails.at(sandbox.provider(), sandbox.id()).withRemedy("run it again")));
  }
}
