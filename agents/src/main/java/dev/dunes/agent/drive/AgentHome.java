package dev.dunes.agent.drive;

import dev.dunes.agent.AgentOptions;
import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.WriteOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * The home of the user an agent runs as, inside its sandbox.
 *
 * @param path absolute
 */
public record AgentHome(Sandbox sandbox, String path) {
  private static final int PRIVATE = 0600;
  private static final int RUN = 0100;

  /** As the options say, or else as the sandbox says, which takes a command. */
  public static AgentHome of(Sandbox sandbox, AgentOptions options) {
    String path =
        Optional.ofNullable(options.env().get("HOME"))
            .or(options::home)
            .orElseGet(() -> {
              String said =
                  sandbox.exec(Command.of("/bin/sh", "-c", "printf %s \"$HOME\"")).stdout();
              return said.startsWith("/") ? said : "/home/user";
            });
    return new AgentHome(sandbox, path);
  }

  /**
   * Writes a file that only its owner may read, in place of one that is there.
   *
   * @param name relative to the home
   * @return its path
   */
  public String write(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same with bytes. */
  public String write(String name, byte[] contents) {
    return write(name, contents, PRIVATE);
  }

  /** The same with a program, which its owner may run. */
  public String program(String name, String text) {
    return write(name, text.getBytes(StandardCharsets.UTF_8), PRIVATE | RUN);
  }

  private String write(String name, byte[] contents, int mode) {
    String file = path + "/" + name;
    try (OutputStream out = sandbox.files().write(file, WriteOptions.ATOMIC.withMode(mode))) {
      out.write(contents);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return file;
  }
}
