package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether an installed program runs here at all and is the version it should be. Sheet 2.1.
 *
 * @param runner what the program is an argument of, if anything
 * @param arguments that follow the program
 * @param input what it is told on its standard input, which ends once it has answered; how one that
 *     is told something ends does not count
 */
record StartCheck(List<String> runner, List<String> arguments, String input) {
  private static final Logger LOG = LoggerFactory.getLogger(StartCheck.class);

  /**
   * Six times the sheet's limit: the first start reads hundreds of megabytes, maybe on a busy disk.
   */
  private static final int SECONDS = 90;

  /** How long one that has answered may take to end; then it is ended. */
  private static final int GOODBYE_SECONDS = 10;

  /** How often a program that is still held open is tried again, and how long is waited between. */
  private static final int BUSY_TRIES = 100;

  private static final int BUSY_MILLIS = 50;

  private static final int OUTPUT_LIMIT = 4096;

  StartCheck {
    runner = List.copyOf(runner);
    arguments = List.copyOf(arguments);
    requireNonNull(input, "input");
  }

  /** {@code program --version}. */
  static StartCheck version() {
    return new StartCheck(List.of(), List.of("--version"), "");
  }

  /** Runs it with nothing of our environment and a home of its own. */
  void run(Pin pin, Path program, Path scratch) throws IOException {
    Path home = Files.createDirectories(scratch.resolve("home"));
    List<String> command = new ArrayList<>(runner);
    command.add(program.toString());
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(Map.of("PATH", "/usr/bin:/bin", "HOME", home.toString(), "LANG", "C.UTF-8"));
    builder.directory(home.toFile());
    builder.redirectErrorStream(true);
    try {
      check(pin, start(pin, builder));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw InstallFailure.of("interrupted while %s was checked".formatted(pin.title()), null, e);
    }
  }

  private void check(Pin pin, Process process) throws InterruptedException {
    Heard heard = new Heard(pin.answers());
    Thread reader = Thread.ofVirtual().name("start-check").start(() -> heard.all(process));
    try {
      if (!conversation(process, heard)) {
        throw failed(pin, "it did not answer within %d s".formatted(SECONDS), heard.text());
      }
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      reader.interrupt();
    }
    if (!heard.answer() || (input.isEmpty() && process.exitValue() != 0)) {
      throw failed(pin, ended(process), heard.text().strip());
    }
  }

  /** Whether it has answered, or ended, in time. */
  private boolean conversation(Process process, Heard heard) throws InterruptedException {
    try (OutputStream stdin = process.getOutputStream()) {
      stdin.write(input.getBytes(StandardCharsets.UTF_8));
      stdin.flush();
      // Some that are told of the end first do not answer any more.
      if (!input.isEmpty() && !heard.await(SECONDS)) {
        return false;
      }
    } catch (IOException e) {
      // It has ended and does not listen: how it ended says more.
    }
    boolean ended = process.waitFor(input.isEmpty() ? SECONDS : GOODBYE_SECONDS, TimeUnit.SECONDS);
    return heard.await(GOODBYE_SECONDS) && (ended || !input.isEmpty());
  }

  private static String ended(Process process) {
    return process.isAlive() ? "it gave no such answer" : "it ended with " + process.exitValue();
  }

  /** What a program says, as far as it is looked at. */
  private static final class Heard {
    private final String wanted;
    private final CountDownLatch enough = new CountDownLatch(1);
    private final AtomicReference<String> text = new AtomicReference<>("");

    Heard(String wanted) {
      this.wanted = wanted;
    }

    String text() {
      return text.get();
    }

    boolean answer() {
      return text().contains(wanted);
    }

    /** Waits for the answer, or for the end of what it says. */
    boolean await(int seconds) throws InterruptedException {
      return enough.await(seconds, TimeUnit.SECONDS);
    }

    void all(Process process) {
      byte[] head = new byte[OUTPUT_LIMIT];
      int length = 0;
      try (InputStream in = process.getInputStream()) {
        for (int count = 0; count >= 0 && length < head.length; ) {
          count = in.read(head, length, head.length - length);
          length += Math.max(0, count);
          text.set(new String(head, 0, length, StandardCharsets.UTF_8));
          if (answer()) {
            enough.countDown();
          }
        }
        in.transferTo(OutputStream.nullOutputStream());
      } catch (IOException e) {
        LOG.debug("what a program said at its check was not read to the end: {}", e.toString());
      } finally {
        enough.countDown();
      }
    }
  }

  private static Process start(Pin pin, ProcessBuilder builder) throws InterruptedException {
    for (int left = BUSY_TRIES; ; left--) {
      try {
        return builder.start();
      } catch (IOException e) {
        if (left == 0 || !isBusy(e)) {
          throw InstallFailure.of(
              "%s was downloaded but does not start: %s".formatted(pin.title(), e.getMessage()),
              "it needs a file system without noexec, and the C library it was made for",
              e);
        }
        Thread.sleep(BUSY_MILLIS);
      }
    }
  }

  /**
   * Another thread of this process started a program while this one was written: until that program
   * runs, it holds the file open for writing, and Linux refuses to run it (ETXTBSY).
   */
  private static boolean isBusy(IOException e) {
    return String.valueOf(e.getMessage()).contains("Text file busy");
  }

  private static RuntimeException failed(Pin pin, String how, String said) {
    return InstallFailure.of(
        "%s was downloaded but does not run here: %s%s"
            .formatted(pin.title(), how, said.isEmpty() ? "" : ", saying: " + said),
        "it must answer '%s'; nothing was installed".formatted(pin.answers()));
  }
}
