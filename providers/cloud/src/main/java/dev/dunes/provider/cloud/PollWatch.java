package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.FileChange;
import dev.dunes.sandbox.FileWatch;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.Timeouts;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A watch on a directory by looking at it five times a second, in the sandbox; only when something
 * is different all of it is sent. Holds a bounded number of changes; more than that is an overflow.
 */
final class PollWatch implements FileWatch {
  /** Of a listing before base64, which is some fifty thousand names. */
  private static final int MOST_BYTES = 4 << 20;

  private static final int LONGEST_LINE = 6 << 20;
  private static final int CAPACITY = 16_384;
  private static final Duration BEGIN_LIMIT = Duration.ofSeconds(60);
  private static final Duration STEP = Duration.ofMillis(200);

  /**
   * {@code DIRECTORY DEPTH MOST}: a line of base64 for each state, {@code !} for one that is too
   * long. Ends with the directory.
   */
  static final String SCRIPT =
      FileScripts.COMMON
          + """
          [ -d "$1" ] || { [ ! -e "$1" ] || fail NOT_DIRECTORY; why "$1"; }
          CDPATH= cd -- "$1" 2>/dev/null && [ -r . ] || fail PERMISSION
          printf +
          if find . -maxdepth 0 -printf '' 2>/dev/null; then
            look() { find . -mindepth 1 -maxdepth "$1" -printf '%y %i %s %T@ %C@ %P\\0' 2>/dev/null; }
          else
            look() { find . -mindepth 1 -maxdepth "$1" -exec sh -c 'for f do
              k=f; [ ! -d "$f" ] || k=d; [ ! -L "$f" ] || k=l
              printf "%s %s %s\\0" "$k" "$(stat -c "%i %s %Y %Z" "$f")" "${f#./}"
              done' sh {} + 2>/dev/null; }
          fi
          p=none
          while [ -e . ]; do
            l=$(look "$2" | head -c "$(($3 + 3))" | base64 | tr -d '\\n')
            if [ "$l" != "$p" ]; then
              p=$l
              if [ ${#l} -gt $(($3 / 3 * 4 + 4)) ]; then echo '!'; else printf '%s\\n' "$l"; fi
            fi
            sleep 0.2 2>/dev/null || sleep 1
          done
          """;

  private final CloudSandbox sandbox;
  private final RunningCommand running;
  private final InputStream lines;
  private final BlockingQueue<FileChange> changes = new ArrayBlockingQueue<>(CAPACITY);
  private volatile boolean overflowed;
  private volatile boolean over;

  private PollWatch(CloudSandbox sandbox, RunningCommand running, InputStream lines) {
    this.sandbox = sandbox;
    this.running = running;
    this.lines = lines;
  }

  /** Returns once the first look is done. */
  static PollWatch open(CloudSandbox sandbox, String shown, String path, boolean recursive) {
    Command command =
        Command.builder(
                Scripts.argv(
                    SCRIPT, path, recursive ? "1000000" : "1", Integer.toString(MOST_BYTES)))
            .env("LC_ALL", "C")
            .build();
    RunningCommand running = sandbox.start(command);
    PollWatch watch = new PollWatch(sandbox, running, new BufferedInputStream(running.stdout()));
    boolean begun = false;
    try {
      DirectoryState first = Timeouts.within(BEGIN_LIMIT, () -> watch.begin(shown));
      sandbox.remember(watch);
      Thread.ofVirtual().name("cloud-watch").start(() -> watch.follow(first));
      begun = true;
      return watch;
    } catch (IOException e) {
      throw FileProblems.from(sandbox, shown, e);
    } finally {
      if (!begun) {
        running.close();
      }
    }
  }

  private DirectoryState begin(String shown) throws IOException {
    if (lines.read() != '+') {
      String complaint =
          new String(running.stderr().readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .reduce("", (first, second) -> second);
      throw FileProblems.of(sandbox, shown, complaint);
    }
    Optional<DirectoryState> first = state();
    if (first.isEmpty()) {
      throw CloudSpecs.unsupported(
          sandbox.provider(),
          "watch",
          "a directory is watched by looking at it, and this one has too much in it",
          "watch a smaller one");
    }
    return first.get();
  }

  /** The next one; empty when it is too long. */
  private Optional<DirectoryState> state() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int value = lines.read(); value != '\n'; value = lines.read()) {
      if (value < 0) {
        throw new IOException("the watch has ended");
      }
      line.write(value);
      if (line.size() > LONGEST_LINE) {
        throw new IOException("a line is too long");
      }
    }
    if (line.size() == 1) {
      return Optional.empty();
    }
    try {
      return Optional.of(DirectoryState.read(Base64.getDecoder().decode(line.toByteArray())));
    } catch (IllegalArgumentException e) {
      throw new IOException("a line is no base64", e);
    }
  }

  private void follow(DirectoryState first) {
    try {
      DirectoryState known = first;
      while (true) {
        Optional<DirectoryState> now = state();
        if (now.isEmpty()) {
          overflowed = true;
        } else {
          for (FileChange change : known.until(now.get())) {
            overflowed |= !changes.offer(change);
          }
          known = now.get();
        }
      }
    } catch (IOException | SandboxException e) {
      CloudProvider.log().debug("a watch in sandbox {} has ended", sandbox.id(), e);
    } finally {
      over = true;
      close();
    }
  }

  @Override
  public Optional<FileChange> next(Duration limit) {
    long start = System.nanoTime();
    try {
      while (true) {
        Duration left = limit.minusNanos(System.nanoTime() - start);
        boolean last = over || left.compareTo(STEP) < 0;
        Duration step = over || left.isNegative() ? Duration.ZERO : last ? left : STEP;
        FileChange change = changes.poll(step.toNanos(), TimeUnit.NANOSECONDS);
        if (change != null) {
          return Optional.of(change);
        }
        if (overflowed) {
          overflowed = false;
          return Optional.of(new FileChange(FileChange.Type.OVERFLOW, "", true));
        }
        if (last) {
          return Optional.empty();
        }
      }
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for changes", e);
    }
  }

  @Override
  public boolean ended() {
    return over && changes.isEmpty();
  }

  @Override
  public void close() {
    sandbox.forget(this);
    running.close();
  }
}
