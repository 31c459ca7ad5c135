package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Something to run in a sandbox.
 *
 * <p>Made by {@link #shell(String)} (a line for {@code /bin/sh}) or {@link #of(String...)} (a
 * program and its arguments, passed on exactly).
 */
public final class Command {
  /**
   * How much of each output channel {@link Sandbox#exec(Command)} keeps unless told otherwise: 64
   * MiB.
   */
  public static final int DEFAULT_OUTPUT_LIMIT = 64 << 20;

  private final List<String> argv;
  private final Map<String, String> env;
  private final @Nullable String workingDir;
  private final @Nullable String user;
  private final @Nullable Duration timeout;
  private final byte @Nullable [] input;
  private final boolean stdinOpen;
  private final @Nullable TerminalSize terminal;
  private final boolean detached;
  private final int outputLimit;

  private Command(Builder builder) {
    this.argv = List.copyOf(builder.argv);
    this.env = Map.copyOf(builder.env);
    this.workingDir = builder.workingDir;
    this.user = builder.user;
    this.timeout = builder.timeout;
    this.input = builder.input;
    this.stdinOpen = builder.stdinOpen || builder.input != null;
    this.terminal = builder.terminal;
    this.detached = builder.detached;
    this.outputLimit = builder.outputLimit;
    EnvNames.check("env", env);
    for (String argument : argv) {
      if (argument.indexOf('\0') >= 0) {
        throw InvalidRequestException.field("argv", argument, "arguments without NUL characters");
      }
    }
  }

  /** A line run by {@code /bin/sh -c}. */
  public static Command shell(String line) {
    return builder("/bin/sh", "-c", requireNonNull(line, "line")).build();
  }

  /** A program, looked up in the sandbox's PATH, and its arguments. */
  public static Command of(String... argv) {
    return builder(argv).build();
  }

  /** A builder for a program and its arguments. */
  public static Builder builder(String... argv) {
    return builder(List.of(argv));
  }

  /** A builder for a program and its arguments; at least the program. */
  public static Builder builder(List<String> argv) {
    return new Builder(argv);
  }

  /** A builder for a line run by {@code /bin/sh -c}. */
  public static Builder shellBuilder(String line) {
    return builder("/bin/sh", "-c", requireNonNull(line, "line"));
  }

  /** A builder that starts from this command. */
  public Builder toBuilder() {
    Builder builder = new Builder(argv);
    builder.env.putAll(env);
    builder.workingDir = workingDir;
    builder.user = user;
    builder.timeout = timeout;
    builder.input = input;
    builder.stdinOpen = stdinOpen;
    builder.terminal = terminal;
    builder.detached = detached;
    builder.outputLimit = outputLimit;
    return builder;
  }

  /** The program and its arguments; never empty. */
  public List<String> argv() {
    return argv;
  }

  /** Variables set over the sandbox's own environment for this command only. */
  public Map<String, String> env() {
    return env;
  }

  /** Where it runs; else the sandbox's working directory. */
  public Optional<String> workingDir() {
    return Optional.ofNullable(workingDir);
  }

  /** Who runs it; else the sandbox's user. */
  public Optional<String> user() {
    return Optional.ofNullable(user);
  }

  /**
   * How long it may run before it and all its descendants are killed; else only the sandbox's
   * lifetime bounds it.
   */
  public Optional<Duration> timeout() {
    return Optional.ofNullable(timeout);
  }

  /** Bytes given to it as standard input, which then ends. */
  public Optional<byte[]> input() {
    return Optional.ofNullable(input).map(byte[]::clone);
  }

  /** Whether it has a standard input at all; otherwise it reads from {@code /dev/null}. */
  public boolean stdinOpen() {
    return stdinOpen;
  }

  /** The terminal it runs on, if any; standard output and error are then one. */
  public Optional<TerminalSize> terminal() {
    return Optional.ofNullable(terminal);
  }

  /** Whether it goes on when the program that started it goes away. */
  public boolean detached() {
    return detached;
  }

  /**
   * How many bytes of each channel {@link Sandbox#exec(Command)} keeps. What exceeds it is dropped
   * and reported.
   */
  public int outputLimit() {
    return outputLimit;
  }

  @Override
  public String toString() {
    return "Command" + argv;
  }

  /** Builds a {@link Command}. Not safe for use by several threads. */
  public static final class Builder {
    private final List<String> argv;
    private final Map<String, String> env = new LinkedHashMap<>();
    private @Nullable String workingDir;
    private @Nullable String user;
    private @Nullable Duration timeout;
    private byte @Nullable [] input;
    private boolean stdinOpen;
    private @Nullable TerminalSize terminal;
    private boolean detached;
    private int outputLimit = DEFAULT_OUTPUT_LIMIT;

    private Builder(List<String> argv) {
      this.argv = new ArrayList<>(argv);
      if (argv.isEmpty()) {
        throw InvalidRequestException.field("argv", "[]", "a program and its arguments");
      }
    }

    /** Appends arguments. */
    public Builder args(String... more) {
      argv.addAll(List.of(more));
      return this;
    }

    /** Sets one variable. */
    public Builder env(String name, String value) {
      env.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      return this;
    }

    /** Sets several variables. */
    public Builder env(Map<String, String> variables) {
      env.putAll(variables);
      return this;
    }

    public Builder workingDir(String path) {
      workingDir = requireNonNull(path, "path");
      return this;
    }

    public Builder user(String name) {
      user = requireNonNull(name, "name");
      return this;
    }

    /** At least 1 ms. */
    public Builder timeout(Duration limit) {
      if (limit.toMillis() < 1) {
        throw InvalidRequestException.field("timeout", limit, "a duration of at least 1 ms");
      }
      timeout = limit;
      return this;
    }

    /** Bytes for standard input; copied. */
    public Builder input(byte[] bytes) {
      input = bytes.clone();
      return this;
    }

    /** Text for standard input, as UTF-8. */
    public Builder input(String text) {
      input = text.getBytes(StandardCharsets.UTF_8);
      return this;
    }

    /** Gives it a standard input written through {@link RunningCommand#stdin()}. */
    public Builder openStdin() {
      stdinOpen = true;
      return this;
    }

    /** Runs it on a terminal with an open standard input. */
    public Builder terminal(TerminalSize size) {
      terminal = requireNonNull(size, "size");
      stdinOpen = true;
      return this;
    }

    /** Lets it go on when the program that started it goes away. */
    public Builder detached() {
      detached = true;
      return this;
    }

    /** 0 or more bytes per channel. */
    public Builder outputLimit(int bytes) {
      if (bytes < 0) {
        throw InvalidRequestException.field("outputLimit", bytes, "0 or more bytes");
      }
      outputLimit = bytes;
      return this;
    }

    public Command build() {
      return new Command(this);
    }
  }
}
