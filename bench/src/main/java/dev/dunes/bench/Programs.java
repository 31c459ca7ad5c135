package dev.dunes.bench;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Runs the programs that measurements are compared with. */
final class Programs {
  private static final int LIMIT_SECONDS = 60;
  private static final List<String> DIRECTORIES =
      List.of("/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin");

  private Programs() {}

  static Optional<Path> find(String name) {
    return DIRECTORIES.stream()
        .map(directory -> Path.of(directory, name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /** Runs a program to its end, reads its output as it comes; anything but success is an error. */
  static String run(List<String> command) throws IOException, InterruptedException {
    return finish(start(command), command);
  }

  /** Starts one without a standard input, in an environment of nothing but a PATH. */
  static Process start(List<String> command) throws IOException {
    ProcessBuilder builder = builder(command);
    builder.redirectInput(Path.of("/dev/null").toFile());
    return builder.start();
  }

  static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder
        .environment()
        .put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    System.getenv()
        .forEach((name, value) -> {
          if (name.startsWith("DOCKER_")) { // where the daemon is
            builder.environment().put(name, value);
          }
        });
    builder.redirectErrorStream(true);
    return builder;
  }

  static String finish(Process process, List<String> command)
      throws IOException, InterruptedException {
    String output;
    try (InputStream stream = process.getInputStream()) {
      output = new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IOException(command.getFirst() + " does not end: " + output);
      }
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "%s: exit code %d: %s"
              .formatted(
                  String.join(" ", command),
                  process.exitValue(),
                  output.lines().findFirst().orElse("")));
    }
    return output.strip();
  }

  /** What a program says on itself, or why it cannot; for asking whether it is there at all. */
  static Optional<String> ask(String... command) throws InterruptedException {
    try {
      return Optional.of(run(List.of(command)));
    } catch (IOException e) {
      return Optional.empty(); // not installed, or not usable: the same to those who ask
    }
  }
}
