package dev.dunes.provider.cloud;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.CommandExit;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.SandboxException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What a script of ours gives, after its {@code +}, as a stream. */
final class ShellRead extends InputStream {
  private final CloudSandbox sandbox;
  private final String shown;
  private final RunningCommand running;
  private final InputStream out;
  private boolean over;

  private ShellRead(CloudSandbox sandbox, String shown, RunningCommand running) {
    this.sandbox = sandbox;
    this.shown = shown;
    this.running = running;
    this.out = running.stdout();
  }

  /** Throws at once what the script refuses. */
  static ShellRead open(CloudSandbox sandbox, String shown, String script, String... arguments) {
    RunningCommand running =
        sandbox.start(Command.builder(Scripts.argv(script, arguments)).env("LC_ALL", "C").build());
    try {
      ShellRead read = new ShellRead(sandbox, shown, running);
      if (read.out.read() != '+') {
        throw read.problem();
      }
      return read;
    } catch (IOException e) {
      running.close();
      throw FileProblems.from(sandbox, shown, e);
    } catch (RuntimeException e) {
      running.close();
      throw e;
    }
  }

  private SandboxException problem() throws IOException {
    String complaint =
        new String(running.stderr().readAllBytes(), StandardCharsets.UTF_8)
            .lines()
            .reduce("", (first, second) -> second);
    return FileProblems.of(sandbox, shown, complaint);
  }

  @Override
  public int read() throws IOException {
    int value = out.read();
    if (value < 0) {
      end();
    }
    return value;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    int count = out.read(bytes, offset, length);
    if (count < 0) {
      end();
    }
    return count;
  }

  /** An end that is not the end of the contents is a failure. */
  private void end() throws IOException {
    if (over) {
      return;
    }
    over = true;
    try {
      CommandExit exit = running.waitFor();
      if (!exit.success()) {
        throw problem();
      }
    } catch (SandboxException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    running.close();
  }
}
