package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Channel;
import dev.dunes.sandbox.OutputChunk;
import dev.dunes.server.e2b.code.KernelEvent.Failure;
import dev.dunes.server.e2b.code.KernelEvent.Finished;
import dev.dunes.server.e2b.code.KernelEvent.Output;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * A shell, which prints as it does everywhere: both outputs as they are, and after a cell a mark on
 * each that nobody could have known before. The mark on standard output has the exit code.
 */
final class ShellTalk implements Talk {
  private static final int INTERRUPTED = 130;

  private volatile String mark = "";
  private MarkedOutput stdout = new MarkedOutput("", false);
  private MarkedOutput stderr = new MarkedOutput("", false);
  private String understood = "";

  @Override
  public byte[] request(Cell cell) {
    List<String> set = new ArrayList<>();
    List<String> reset = new ArrayList<>();
    cell.env()
        .forEach((name, value) -> {
          String old = "__dunes_old_" + name;
          set.add(
              "if [[ -n ${%s+x} ]]; then %s=$%s; else unset %s; fi; export %s=%s"
                  .formatted(name, old, name, old, name, quoted(value)));
          reset.add(
              "if [[ -n ${%s+x} ]]; then %s=$%s; unset %s; else unset %s; fi"
                  .formatted(old, name, old, old, name));
        });
    String end = UUID.randomUUID().toString();
    String request =
        String.join("\0", end, String.join("\n", set), String.join("\n", reset), cell.code(), "");
    mark = end;
    return request.getBytes(StandardCharsets.UTF_8);
  }

  private static String quoted(String text) {
    return "'" + text.replace("'", "'\\''") + "'";
  }

  @Override
  public boolean begun() {
    return true;
  }

  @Override
  public byte[] interrupt() {
    return new byte[0];
  }

  @Override
  public void take(OutputChunk chunk, Listener listener) throws InterruptedException {
    String now = mark;
    if (!understood.equals(now)) {
      understood = now;
      stdout = new MarkedOutput(now, true);
      stderr = new MarkedOutput(now, false);
    }
    if (now.isEmpty()) {
      return; // no cell runs
    }
    MarkedOutput output = chunk.channel() == Channel.STDOUT ? stdout : stderr;
    String text = output.add(chunk.data());
    if (!text.isEmpty()) {
      listener.hear(new Output(chunk.channel(), text));
    }
    OptionalInt code = stdout.code();
    if (code.isPresent() && stderr.ended()) {
      mark = "";
      end(code.getAsInt(), listener);
    }
  }

  private static void end(int code, Listener listener) throws InterruptedException {
    if (code == INTERRUPTED) {
      listener.hear(new Failure("Interrupted", "the cell was interrupted", ""));
    } else if (code != 0) {
      listener.hear(new Failure("ExitCode", Integer.toString(code), "exit code " + code));
    }
    listener.hear(new Finished());
  }

  @Override
  public boolean ready() {
    return true;
  }

  @Override
  public String complaint() {
    return "";
  }
}
