package dev.dunes.cli;

import dev.dunes.sandbox.TerminalSize;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Our terminal in raw mode: every key goes to the program in the sandbox, Ctrl-C included. Set by
 * {@code stty}, which takes some milliseconds where a terminal library takes a quarter of a second
 * to load.
 */
final class RawTerminal implements AutoCloseable {
  private final String saved;

  private RawTerminal(String saved) {
    this.saved = saved;
  }

  /** Makes it raw; empty when that cannot be done. */
  static Optional<RawTerminal> enter() {
    Optional<String> saved = stty("-g");
    if (saved.isEmpty() || stty("raw", "-echo").isEmpty()) {
      return Optional.empty();
    }
    return saved.map(RawTerminal::new);
  }

  /** Its size now. */
  static Optional<TerminalSize> size() {
    return stty("size").flatMap(RawTerminal::parse);
  }

  /** From {@code rows columns}; a terminal that does not know says 0 0. */
  static Optional<TerminalSize> parse(String size) {
    int space = size.indexOf(' ');
    try {
      int rows = Integer.parseInt(size.substring(0, Math.max(space, 0)));
      int columns = Integer.parseInt(size.substring(space + 1));
      return rows > 0 && columns > 0
          ? Optional.of(new TerminalSize(columns, rows))
          : Optional.empty();
    } catch (NumberFormatException e) {
      return Optional.empty();
    }
  }

  /** Makes it as it was. May be repeated. */
  @Override
  public void close() {
    stty(saved);
  }

  /** What stty says; empty when it fails. It acts on the terminal that is its standard input. */
  private static Optional<String> stty(String... arguments) {
    List<String> command = new ArrayList<>(List.of("stty"));
    command.addAll(List.of(arguments));
    boolean interrupted = Thread.interrupted(); // the terminal is put back even in a hurry
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectInput(Redirect.INHERIT)
              .redirectError(Redirect.DISCARD)
              .start();
      String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return process.waitFor() == 0 ? Optional.of(said.strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      interrupted = true;
      return Optional.empty();
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
