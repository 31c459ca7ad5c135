package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.RunningCommand;
import java.io.IOException;

/** A stream into a new file through the input of a process. */
final class ShellPut extends FilePut {
  private final CloudSandbox sandbox;
  private final String path;
  private final RunningCommand running;
  private boolean closed;

  ShellPut(CloudSandbox sandbox, String path) {
    this.sandbox = sandbox;
    this.path = path;
    this.running =
        sandbox.start(
            Command.builder(Scripts.argv("exec cat >\"$1\"", path))
                .env("LC_ALL", "C")
                .openStdin()
                .build());
  }

  @Override
  public void write(int value) throws IOException {
    running.stdin().write(value);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    running.stdin().write(bytes, offset, length);
  }

  @Override
  public void cancel() {
    closed = true;
    running.close();
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    try (running) {
      running.stdin().close();
      String complaint =
          new String(running.stderr().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      CommandExit exit = running.waitFor();
      if (!exit.success()) {
        throw new IOException(FileProblems.of(sandbox, path, complaint.strip()));
      }
    }
  }
}
