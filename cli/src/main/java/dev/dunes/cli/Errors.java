package dev.dunes.cli;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Says what went wrong, on standard error, and which exit code that is. */
final class Errors {
  /** What the fields of a specification are called on the command line. */
  private static final Map<String, String> OPTIONS =
      Map.ofEntries(
          Map.entry("image", "--image"),
          Map.entry("memoryMb", "--memory"),
          Map.entry("cpuCores", "--cpus"),
          Map.entry("diskMb", "--disk"),
          Map.entry("maxProcesses", "--pids"),
          Map.entry("lifetime", "--timeout"),
          Map.entry("timeout", "--timeout"),
          Map.entry("network", "--network"),
          Map.entry("isolation", "--isolation"),
          Map.entry("workingDir", "--workdir"),
          Map.entry("user", "--user"),
          Map.entry("env", "--env"),
          Map.entry("labels", "--label"),
          Map.entry("provider", "--provider"));

  private final Console console;

  Errors(Console console) {
    this.console = console;
  }

  int report(Throwable thrown) {
    if (console.debug()) {
      console.writeError(trace(thrown).getBytes(StandardCharsets.UTF_8));
    }
    return switch (thrown) {
      case OutputClosedException e -> outputClosed(e);
      case Failure e when e.exitCode() == ExitCodes.INTERRUPTED -> interrupted(e);
      case Failure e -> say(e.exitCode(), e.getMessage(), e.remedy());
      case SandboxInterruptedException e -> ExitCodes.INTERRUPTED;
      case InvalidRequestException e -> invalid(e);
      case SandboxException e -> sandbox(e);
      case UncheckedIOException e ->
          say(
              ExitCodes.ERROR,
              "%s: %s".formatted(e.getMessage(), cause(e)),
              "see that the file can be read and written by you, and is whole");
      default ->
          say(
              ExitCodes.ERROR,
              "this should not have happened: " + thrown,
              "DUNES_DEBUG=1 shows where; please report it");
    };
  }

  private static String cause(UncheckedIOException e) {
    return Optional.ofNullable(e.getCause()).map(Throwable::getMessage).orElse("no reason given");
  }

  /**
   * What an exception says, without what the library puts around the only provider that was asked.
   */
  static SandboxException innermost(SandboxException e) {
    boolean aroundOne =
        e instanceof ProviderException
            && e.getSuppressed().length == 1
            && e.getSuppressed()[0] instanceof SandboxException;
    return aroundOne ? (SandboxException) e.getSuppressed()[0] : e;
  }

  private int outputClosed(OutputClosedException e) {
    if (e.readerIsGone()) {
      return ExitCodes.OUTPUT_CLOSED; // as quiet as other tools
    }
    return say(ExitCodes.ERROR, "cannot write standard output: " + e.getMessage(), "");
  }

  /** Whoever pressed Ctrl-C is told that it was noticed, and nothing else. */
  private int interrupted(Failure e) {
    console.complain(String.valueOf(e.getMessage()));
    return ExitCodes.INTERRUPTED;
  }

  private int invalid(InvalidRequestException e) {
    String message = inOptions(e.field(), String.valueOf(e.getMessage()));
    String remedy = e.remedy().map(r -> "; " + r).orElse("");
    return say(ExitCodes.USAGE, message + remedy, "");
  }

  private int sandbox(SandboxException e) {
    SandboxException told = innermost(e);
    if (told instanceof InvalidRequestException invalid) {
      return invalid(invalid);
    }
    return say(ExitCodes.ERROR, told.getMessage(), told.remedy().orElse(""));
  }

  private int say(int exitCode, @Nullable String message, String remedy) {
    if (console.interruption().happened()) {
      return exitCode; // an error because of Ctrl-C is none
    }
    console.complain("❌ " + Printable.line(String.valueOf(message)));
    if (!remedy.isEmpty()) {
      console.complain(Printable.line(remedy));
    }
    return exitCode;
  }

  /** The message with the option's name in place of the field's. */
  private static String inOptions(String field, String message) {
    int dot = field.indexOf('.');
    String name = dot < 0 ? field : field.substring(0, dot);
    String option = OPTIONS.get(name);
    if (option == null) {
      return message;
    }
    return message.startsWith(name)
        ? option + message.substring(name.length())
        : option + ": " + message;
  }

  private static String trace(Throwable thrown) {
    java.io.StringWriter text = new java.io.StringWriter();
    thrown.printStackTrace(new java.io.PrintWriter(text, true));
    return text.toString();
  }
}
