package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Asks the npm of this machine which registry it uses. */
final class NpmProgram {
  private static final int SECONDS = 30;
  private static final int ANSWER_LIMIT = 4096;

  private NpmProgram() {}

  /** What {@code npm config get registry} says; empty when there is no npm. */
  static Optional<String> registry(AgentSettings settings) {
    return find(settings).map(npm -> ask(npm, settings)).filter(answer -> answer.contains("://"));
  }

  private static Optional<Path> find(AgentSettings settings) {
    return settings
        .variable("PATH")
        .flatMap(path ->
            Arrays.stream(path.split(":"))
                .filter(directory -> directory.startsWith("/"))
                .map(directory -> Path.of(directory, "npm"))
                .filter(Files::isExecutable)
                .findFirst());
  }

  private static String ask(Path npm, AgentSettings settings) {
    ProcessBuilder builder = new ProcessBuilder(npm.toString(), "config", "get", "registry");
    builder.environment().clear();
    builder.environment().putAll(settings.environment());
    builder.directory(settings.workingDir().toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw failed(e.toString(), e);
    }
    try {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw failed("no answer within %d s".formatted(SECONDS), null);
      }
      byte[] answer = process.getInputStream().readNBytes(ANSWER_LIMIT);
      return new String(answer, StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw failed(e.toString(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed("interrupted", e);
    } finally {
      process.destroyForcibly();
    }
  }

  private static RuntimeException failed(String why, @Nullable Exception cause) {
    String message = "npm config get registry: " + why;
    String remedy = "set DUNES_NPM_REGISTRY";
    return cause == null
        ? InstallFailure.of(message, remedy)
        : InstallFailure.of(message, remedy, cause);
  }
}
