package dev.dunes.provider.cloudflare;

import dev.dunes.provider.cloud.FramedProcess;
import dev.dunes.provider.cloud.Launch;
import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;

/**
 * A command. Its stream cannot be followed again once it has broken: what it ran is ended then,
 * unless it is detached.
 */
final class CloudflareProcess extends FramedProcess {
  /** Our own time limit comes first; that of the bridge is for when we are not there any more. */
  private static final Duration GRACE = Duration.ofSeconds(15);

  private static final int TIMED_OUT = 124;

  private final CloudflareSandbox sandbox;
  private final Launch launch;
  private final ExecEvents events;
  private final TextLines out = new TextLines();
  private final TextLines err = new TextLines();
  private final Deque<Line> lines = new ArrayDeque<>();
  private boolean first = true;
  private boolean over;
  private volatile boolean closed;

  private CloudflareProcess(
      CloudflareSandbox sandbox, Launch launch, String mark, ExecEvents events) {
    super(sandbox, mark);
    this.sandbox = sandbox;
    this.launch = launch;
    this.events = events;
  }

  static CloudflareProcess start(CloudflareSandbox sandbox, Launch launch) {
    String mark = newMark();
    Optional<Duration> limit = launch.timeout().map(most -> most.plus(GRACE));
    ExecEvents events = sandbox.exec(argv(launch, mark), limit);
    CloudflareProcess process = new CloudflareProcess(sandbox, launch, mark, events);
    boolean begun = false;
    try {
      process.awaitBegun();
      begun = true;
      return process;
    } finally {
      if (!begun) {
        process.close();
        process.endTree(launch.token());
      }
    }
  }

  @Override
  protected Optional<Line> nextLine() {
    try {
      while (lines.isEmpty() && !over) {
        switch (events.next()) {
          case ExecEvents.Output output -> {
            TextLines splitter = output.channel() == Channel.STDOUT ? out : err;
            splitter.take(output.data()).stream()
                .map(text -> new Line(output.channel(), text))
                .forEach(lines::add);
          }
          case ExecEvents.Exit exit -> ended(exit.code());
          case ExecEvents.Failed failed -> throw failed.problem();
        }
      }
    } catch (IOException e) {
      throw brokenOff(e);
    }
    Optional<Line> line = Optional.ofNullable(lines.poll());
    if (first && line.filter(each -> each.text().equals(Gate.GONE)).isPresent()) {
      throw sandbox.lost();
    }
    first = false;
    return line;
  }

  /** The bridge has killed it, long after it should have ended. */
  private void ended(int code) {
    over = true;
    if (code == TIMED_OUT && launch.timeout().isPresent() && lines.isEmpty()) {
      throw SandboxTimeoutException.after(launch.timeout().get());
    }
  }

  private SandboxException brokenOff(IOException e) {
    if (closed) {
      return lost("it was let go");
    }
    SandboxException broken = lost("its stream broke off: " + sandbox.clean(e));
    SandboxException why = sandbox.why(broken);
    why = why == broken ? whyReached(broken) : why;
    if (!launch.detached()) {
      endTree(launch.token());
    }
    return why;
  }

  @Override
  public void close() {
    closed = true;
    events.close();
  }
}
