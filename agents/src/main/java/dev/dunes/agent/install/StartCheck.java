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
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Whether an installed program runs here at all and is the version it should be. Sheet 2.1.
 *
 * @param runner what the program is an argument of, if anything
 * @param arguments that follow the program
 * @param input what it is told on its standard input, which then ends
 */
record StartCheck(List<String> runner, List<String> arguments, String input) {
  /**
   * Six times the sheet's limit: the first start reads hundreds of megabytes, maybe on a busy disk.
   */
  private static final int SECONDS = 90;

  private static final int OUTPUT_LIMIT = 4096;

  /** How often a program that is still held open is tried again, and how long is waited between. */
  private static final int BUSY_TRIES = 100;

  private static final int BUSY_MILLIS = 50;

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
    Path told = Files.writeString(scratch.resolve("told"), input);
    ProcessBuilder builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.putAll(Map.of("PATH", "/usr/bin:/bin", "HOME", home.toString(), "LANG", "C.UTF-8"));
    builder.directory(home.toFile());
    builder.redirectInput(told.toFile());
    builder.redirectErrorStream(true);
    try {
      check(pin, start(pin, builder));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw InstallFailure.of("interrupted while %s was checked".formatted(pin.title()), null, e);
    }
  }

  private static void check(Pin pin, Process process) throws InterruptedException {
    AtomicReference<String> said = new AtomicReference<>("");
    Thread reader = Thread.ofVirtual().name("start-check").start(() -> said.set(output(process)));
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw failed(pin, "it did not answer within %d s".formatted(SECONDS), "");
      }
      reader.join();
    } finally {
      process.destroyForcibly();
    }
    if (process.exitValue() != 0 || !said.get().contains(pin.answers())) {
      throw failed(pin, "it ended with " + process.exitValue(), said.get().strip());
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

  private static String output(Process process) {
    try (InputStream in = process.getInputStream()) {
      byte[] head = in.readNBytes(OUTPUT_LIMIT);
      in.transferTo(OutputStream.nullOutputStream());
      return new String(head, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return e.toString();
    }
  }

  private static RuntimeException failed(Pin pin, String how, String said) {
    return InstallFailure.of(
        "%s was downloaded but does not run here: %s%s"
            .formatted(pin.title(), how, said.isEmpty() ? "" : ", saying: " + said),
        "it must answer '%s'; nothing was installed".formatted(pin.answers()));
  }
}
