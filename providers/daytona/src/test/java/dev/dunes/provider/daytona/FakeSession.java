package dev.dunes.provider.daytona;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.RunningCommand;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Signal;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A session of the daemon: one shell that sources one command after another, so that {@code exit}
 * ends the shell and no exit code is ever known.
 */
final class FakeSession implements AutoCloseable {
  private static final String MARK = "fake-daytona-end";

  private final Sandbox sandbox;
  private final RunningCommand shell;
  final Map<String, FakeLog> commands = new ConcurrentHashMap<>();
  private volatile FakeLog current = new FakeLog();

  FakeSession(Sandbox sandbox) {
    this.sandbox = sandbox;
    this.shell = sandbox.start(Command.builder("/bin/sh").openStdin().build());
    Thread.ofVirtual().start(() -> read(0, shell.stdout()));
    Thread.ofVirtual().start(() -> read(1, shell.stderr()));
  }

  private void read(int channel, InputStream stream) {
    try (InputStream in = new BufferedInputStream(stream, 1 << 16)) {
      for (byte[] line = FakeLog.line(in); line.length > 0; line = FakeLog.line(in)) {
        byte[] text = line[line.length - 1] == '\n' ? Arrays.copyOf(line, line.length - 1) : line;
        String words = new String(text, StandardCharsets.ISO_8859_1);
        if (words.startsWith(MARK)) {
          String code = words.substring(MARK.length()).strip();
          current.end(
              channel,
              code.isEmpty() ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(code)));
        } else {
          current.add(channel, text);
        }
      }
    } catch (IOException e) {
      current.close();
    }
  }

  String exec(String command) throws IOException {
    String id = UUID.randomUUID().toString();
    String file = "/tmp/.fake-" + id;
    sandbox.files().write(file, command + "\n");
    FakeLog log = new FakeLog();
    commands.put(id, log);
    current = log;
    OutputStream in = shell.stdin();
    String line =
        ". %1$s; fake=$?; rm -f %1$s; echo %2$s $fake; echo %2$s >&2\n".formatted(file, MARK);
    in.write(line.getBytes(StandardCharsets.UTF_8));
    in.flush();
    return id;
  }

  void input(String data) throws IOException {
    String line = data.endsWith("\n") ? data : data + "\n";
    shell.stdin().write(line.getBytes(StandardCharsets.UTF_8));
    shell.stdin().flush();
  }

  /** Ends its group of processes. */
  @Override
  public void close() {
    try {
      shell.signalTree(Signal.KILL);
      shell.close();
    } catch (SandboxException e) {
      // it has ended with its sandbox
    }
    commands.values().forEach(FakeLog::close);
  }
}
