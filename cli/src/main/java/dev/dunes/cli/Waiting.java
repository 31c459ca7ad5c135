package dev.dunes.cli;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The last line of a terminal while there is nothing else to show: what is waited for, and how long
 * already. On standard error, on a terminal only; gone whenever something else is written.
 */
final class Waiting implements AutoCloseable {
  private static final String[] FRAMES = "⠋ ⠙ ⠹ ⠸ ⠼ ⠴ ⠦ ⠧ ⠇ ⠏".split(" ");
  private static final Duration FRAME = Duration.ofMillis(100);
  private static final int BAR = 24;

  private final Console console;
  private final ReentrantLock lock = new ReentrantLock();
  private final @Nullable Thread drawer;
  private String what = "";
  private String bar = "";
  private long since = System.nanoTime();
  private int frame;
  private boolean drawn;
  private boolean closed;

  private Waiting(Console console, boolean shown) {
    this.console = console;
    this.drawer = shown ? Thread.ofVirtual().name("waiting").start(this::draw) : null;
  }

  /** One that is shown when standard error is a terminal that can move its cursor. */
  static Waiting on(Console console) {
    boolean able = console.env("TERM").filter(term -> !term.equals("dumb")).isPresent();
    return new Waiting(console, console.terminals().err() && able);
  }

  /** One that is never shown. */
  static Waiting hidden(Console console) {
    return new Waiting(console, false);
  }

  /** From now on this is waited for. */
  void forWhat(String text) {
    lock.lock();
    try {
      what = Printable.line(text);
      bar = "";
      since = System.nanoTime();
    } finally {
      lock.unlock();
    }
  }

  /**
   * From now on this is waited for, and so much of it is done.
   *
   * @param total −1 when unknown
   */
  void progress(String text, long done, long total) {
    lock.lock();
    try {
      if (!what.equals(text)) {
        what = Printable.line(text);
        since = System.nanoTime();
      }
      bar = bar(done, total);
    } finally {
      lock.unlock();
    }
  }

  private static String bar(long done, long total) {
    double mega = 1_000_000;
    if (total <= 0) {
      return String.format(Locale.ROOT, " %.1f MB", done / mega);
    }
    double part = Math.min(1, (double) done / total);
    int full = (int) Math.round(part * BAR);
    return String.format(
        Locale.ROOT,
        " [%s%s] %3.0f%% of %.1f MB",
        "█".repeat(full),
        "░".repeat(BAR - full),
        part * 100,
        total / mega);
  }

  /** Writes something else; the line makes room for it. */
  void around(Runnable write) {
    lock.lock();
    try {
      erase();
      write.run();
    } finally {
      lock.unlock();
    }
  }

  private void draw() {
    try {
      while (true) {
        Thread.sleep(FRAME);
        lock.lock();
        try {
          if (closed) {
            return;
          }
          if (!what.isEmpty()) {
            long seconds = Duration.ofNanos(System.nanoTime() - since).toSeconds();
            String time = seconds < 1 ? "" : " " + seconds + " s";
            frame = (frame + 1) % FRAMES.length;
            // Begins at the left, ends by clearing what is left of the line; the cursor stays
            // there.
            write("\r" + FRAMES[frame] + " " + what + bar + time + "\033[K");
            drawn = true;
          }
        } finally {
          lock.unlock();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void erase() {
    if (drawn) {
      write("\r\033[K");
      drawn = false;
    }
  }

  private void write(String text) {
    console.writeError(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The line is gone for good. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      erase();
    } finally {
      lock.unlock();
    }
    if (drawer != null) {
      drawer.interrupt();
    }
  }
}
