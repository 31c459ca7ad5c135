package dev.dunes.provider.local;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A launcher started by this process itself. */
final class SpawnedLaunch implements LaunchedProcess {
  private static final char LISTENING = 'L';

  private final Process process;

  private SpawnedLaunch(Process process) {
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param arguments of {@code dunes-guest launch}
   */
  static SpawnedLaunch start(Path guest, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(guest.toString(), "launch"));
    command.addAll(arguments);
    return new SpawnedLaunch(builder(command).start());
  }

  /** A program that finds nothing of this process's environment, streams or directory. */
  static ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .clear(); // bubblewrap's own environment can be read inside, as that of process 1
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectError(ProcessBuilder.Redirect.DISCARD); // --log takes its place
    return builder;
  }

  @Override
  public long pid() {
    return process.pid();
  }

  @Override
  public boolean listening() throws IOException, InterruptedException {
    try (InputStream signal = process.getInputStream()) {
      if (signal.read() == LISTENING) {
        return true;
      }
    }
    process.waitFor();
    return false;
  }

  @Override
  public boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void kill() {
    process.destroyForcibly();
  }
}
