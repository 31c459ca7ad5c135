package dev.dunes.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The real {@code ds} in a process of its own, with a state directory of its own. */
final class DsProcess {
  private static final long LIMIT_SECONDS = 90;

  private final Path state;
  private final Path directory;
  private final String provider;

  DsProcess(Path state, Path directory, String provider) {
    this.state = state;
    this.directory = directory;
    this.provider = provider;
  }

  /** The command that starts it. */
  static List<String> command() {
    return List.of(
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-XX:-UsePerfData",
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        "dev.dunes.cli.Main");
  }

  /** Runs it to its end with nothing on standard input. */
  Done run(String... arguments) {
    return pipe(new byte[0], arguments);
  }

  /** Runs it to its end with this on standard input. */
  Done pipe(String stdin, String... arguments) {
    return pipe(stdin.getBytes(StandardCharsets.UTF_8), arguments);
  }

  /** Runs it to its end with this on standard input. */
  Done pipe(byte[] stdin, String... arguments) {
    List<String> all = new ArrayList<>(command());
    all.addAll(List.of(arguments));
    return finish(start(all, Map.of()), stdin);
  }

  /** Runs a line of bash in which {@code ds} is this program. */
  Done bash(String line) {
    return bash(line, Map.of());
  }

  Done bash(String line, Map<String, String> environment) {
    StringBuilder quoted = new StringBuilder("ds() {");
    command().forEach(word -> quoted.append(" '").append(word).append('\''));
    String script = quoted + " \"$@\"; }\n" + line;
    return finish(start(List.of("bash", "-c", script), environment), new byte[0]);
  }

  /** Starts it and leaves it running. */
  Process start(String... arguments) {
    List<String> all = new ArrayList<>(command());
    all.addAll(List.of(arguments));
    return start(all, Map.of());
  }

  Process start(List<String> command, Map<String, String> environment) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile());
    builder.environment().put("DUNES_STATE", state.toString());
    builder.environment().put("DUNES_PROVIDER", provider);
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    environment.forEach((name, value) -> {
      if (value.isEmpty()) {
        builder.environment().remove(name);
      } else {
        builder.environment().put(name, value);
      }
    });
    try {
      return builder.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Done finish(Process process, byte[] stdin) {
    try {
      Thread writer = Thread.ofVirtual().start(() -> write(process.getOutputStream(), stdin));
      Path err = Files.createTempFile("ds", ".err");
      Thread reader = Thread.ofVirtual().start(() -> copy(process, err));
      byte[] out = process.getInputStream().readAllBytes();
      if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new AssertionError("did not end in " + LIMIT_SECONDS + " s");
      }
      reader.join();
      writer.join();
      Done done = new Done(process.exitValue(), out, Files.readString(err));
      Files.delete(err);
      return done;
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void copy(Process process, Path target) {
    try (OutputStream file = Files.newOutputStream(target)) {
      process.getErrorStream().transferTo(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void write(OutputStream target, byte[] bytes) {
    try (target) {
      target.write(bytes);
    } catch (IOException e) {
      // it ended without reading everything
    }
  }

  /** What it left. */
  @SuppressWarnings("ArrayRecordComponent") // compared by its text
  record Done(int code, byte[] bytes, String err) {
    String out() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }
}
