package dev.dunes.cli;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.Sandboxes;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Everything a verb touches outside itself: streams, environment, directory and sandboxes. */
final class Console implements AutoCloseable {
  private final String program;
  private final InputStream in;
  private final OutputStream out;
  private final OutputStream err;
  private final Terminals terminals;
  private final Map<String, String> environment;
  private final Path directory;
  private final Interruption interruption;
  private final Supplier<Sandboxes> opener;
  private final Gateways gateways = new Gateways();
  private @Nullable Sandboxes sandboxes;
  private boolean verbose;

  Console(
      String program,
      InputStream in,
      OutputStream out,
      OutputStream err,
      Terminals terminals,
      Map<String, String> environment,
      Path directory,
      Interruption interruption,
      Supplier<Sandboxes> opener) {
    this.program = requireNonNull(program, "program");
    this.in = requireNonNull(in, "in");
    this.out = requireNonNull(out, "out");
    this.err = requireNonNull(err, "err");
    this.terminals = requireNonNull(terminals, "terminals");
    this.environment = requireNonNull(environment, "environment");
    this.directory = requireNonNull(directory, "directory");
    this.interruption = requireNonNull(interruption, "interruption");
    this.opener = requireNonNull(opener, "opener");
  }

  /** The one of this process. Its output is not buffered. */
  static Console ofThisProcess(String program, Interruption interruption) {
    return new Console(
        program,
        new FileInputStream(FileDescriptor.in),
        new FileOutputStream(FileDescriptor.out),
        new FileOutputStream(FileDescriptor.err),
        Terminals.ofThisProcess(),
        System.getenv(),
        Path.of(""),
        interruption,
        Console::openInThisProcess);
  }

  /** The same with another environment. */
  Console with(Map<String, String> variables) {
    return new Console(
        program, in, out, err, terminals, variables, directory, interruption, opener);
  }

  /** The same that writes its output elsewhere. */
  Console with(OutputStream output) {
    return new Console(
        program, in, output, err, terminals, environment, directory, interruption, opener);
  }

  private static Sandboxes openInThisProcess() {
    ProcessEnd.prepare();
    return Sandboxes.shared();
  }

  /** The name the program was called by. */
  String program() {
    return program;
  }

  InputStream in() {
    return in;
  }

  Terminals terminals() {
    return terminals;
  }

  /** An environment variable that is set and not empty. */
  Optional<String> env(String name) {
    return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
  }

  /** What relative paths start from. */
  Path directory() {
    return directory;
  }

  Interruption interruption() {
    return interruption;
  }

  /** The sandboxes, opened at the first call. */
  Sandboxes sandboxes() {
    if (sandboxes == null) {
      sandboxes = opener.get();
    }
    return sandboxes;
  }

  /** Where the gateways of this process are opened. */
  Gateways gateways() {
    return gateways;
  }

  /** Whether to say what is done and how long it takes. */
  boolean verbose() {
    return verbose;
  }

  void verbose(boolean value) {
    verbose = value;
  }

  /** Whether stack traces are wanted. */
  boolean debug() {
    return env("DUNES_DEBUG").filter("1"::equals).isPresent();
  }

  /** How text on standard output is decorated. */
  Style style() {
    return Style.of(terminals.out(), environment);
  }

  /** How text on standard error is decorated. */
  Style errorStyle() {
    return Style.of(terminals.err(), environment);
  }

  /** All environment variables. */
  Map<String, String> environment() {
    return environment;
  }

  /** Writes bytes to standard output as they are. */
  void write(byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
    } catch (IOException e) {
      throw new OutputClosedException(e);
    }
  }

  /**
   * Writes bytes to standard error as they are. Nobody is told when that fails: there is nowhere
   * to.
   */
  void writeError(byte[] bytes) {
    try {
      err.write(bytes);
      err.flush();
    } catch (IOException e) {
      // standard error is gone
    }
  }

  /** Writes text to standard output, always in UTF-8. */
  void print(String text) {
    write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a line to standard error. */
  void complain(String line) {
    writeError((line + "\n").getBytes(StandardCharsets.UTF_8));
  }

  /** Writes a line to standard error for those who asked for it with {@code -v}. */
  void explain(String line) {
    if (verbose) {
      complain("dunes: " + Printable.line(line));
    }
  }

  /** Lets go of the sandboxes, if they were opened, and of a gateway nobody took. */
  @Override
  public void close() {
    gateways.close();
    if (sandboxes != null) {
      sandboxes.close();
      sandboxes = null;
    }
  }
}
