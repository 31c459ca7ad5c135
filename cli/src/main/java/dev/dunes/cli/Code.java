package dev.dunes.cli;

import dev.dunes.sandbox.Sandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Code to run: from a file or from standard input, in a language or as it is. */
final class Code {
  private static final String[] GO_MODULE_FILES = {"go.mod", "go.sum"};

  private final byte[] bytes;
  private final String name;
  private final Path beside;
  private final Optional<Language> language;

  private Code(byte[] bytes, String name, Path beside, Optional<Language> language) {
    this.bytes = bytes;
    this.name = name;
    this.beside = beside;
    this.language = language;
  }

  static Code ofFile(Console console, String given, Optional<String> language) {
    Path file = path(console, given);
    byte[] bytes = read(file, given);
    Path fileName = file.getFileName();
    String name = fileName == null ? "main" : fileName.toString();
    Path parent = file.toAbsolutePath().getParent();
    return new Code(
        bytes,
        name,
        parent == null ? console.directory() : parent,
        language.isPresent() ? named(console, language.get()) : detected(console, name, bytes));
  }

  static Code ofStdin(Console console, Optional<String> language) {
    byte[] bytes;
    try {
      bytes = console.in().readAllBytes();
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot read standard input: " + e.getMessage(), "");
    }
    return new Code(bytes, "main", console.directory(), language.flatMap(l -> named(console, l)));
  }

  Optional<Language> language() {
    return language;
  }

  /** Puts it into a directory and says how it is run there. */
  List<String> install(Sandbox sandbox, String directory, boolean dependencies) {
    if (dependencies && language.equals(Optional.of(Language.GO))) {
      return installGoModule(sandbox, directory);
    }
    String file = directory + "/" + language.map(l -> l.fileName(name)).orElse(name);
    sandbox.files().write(file, bytes);
    return language.map(l -> l.argv(file, directory)).orElseGet(() -> asItIs(file));
  }

  private List<String> installGoModule(Sandbox sandbox, String directory) {
    String file = directory + "/main.go";
    sandbox.files().write(file, bytes);
    for (String module : GO_MODULE_FILES) {
      Path local = beside.resolve(module);
      if (Files.isRegularFile(local)) {
        sandbox.files().upload(local.toAbsolutePath(), directory + "/" + module);
      }
    }
    return Language.goModule(file, directory);
  }

  /**
   * By the interpreter its first line names, or else by the shell. The file itself need not be
   * executable for that.
   */
  private List<String> asItIs(String file) {
    List<String> argv = new ArrayList<>();
    interpreter(bytes).ifPresentOrElse(argv::addAll, () -> argv.add("/bin/sh"));
    argv.add(file);
    return argv;
  }

  /** The interpreter and its one argument, split as the kernel does it (execve(2)). */
  private static Optional<List<String>> interpreter(byte[] code) {
    int end = 0;
    while (end < code.length && code[end] != '\n') {
      end++;
    }
    String first = new String(code, 0, end, StandardCharsets.UTF_8);
    if (!first.startsWith("#!")) {
      return Optional.empty();
    }
    String line = first.substring(2).strip();
    int space = 0;
    while (space < line.length() && line.charAt(space) != ' ' && line.charAt(space) != '\t') {
      space++;
    }
    String argument = line.substring(space).strip();
    String program = line.substring(0, space);
    if (program.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(argument.isEmpty() ? List.of(program) : List.of(program, argument));
  }

  private static Optional<Language> named(Console console, String given) {
    Optional<Language> language = Language.named(given);
    if (language.isEmpty()) {
      warnUnknown(console, given);
    }
    return language;
  }

  private static Optional<Language> detected(Console console, String name, byte[] code) {
    int dot = name.lastIndexOf('.');
    String extension = dot < 0 ? "" : name.substring(dot + 1);
    Optional<Language> language = Language.ofExtension(extension);
    if (language.isEmpty() && !extension.isEmpty() && interpreter(code).isEmpty()) {
      warnUnknown(console, extension);
    }
    return language;
  }

  private static void warnUnknown(Console console, String language) {
    console.complain(
        "⚠️  Unknown language '%s', executing code as-is".formatted(Printable.line(language)));
  }

  private static Path path(Console console, String given) {
    try {
      return console.directory().resolve(given);
    } catch (InvalidPathException e) {
      throw Failure.usage(
          "--file: '%s' is no path: %s".formatted(given, e.getReason()),
          "in a locale without UTF-8, set LC_ALL=C.UTF-8");
    }
  }

  private static byte[] read(Path file, String given) {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw Failure.usage("--file: '%s' does not exist".formatted(given), "");
    } catch (IOException e) {
      String why = Files.isDirectory(file) ? "is a directory" : "cannot be read: " + e.getMessage();
      throw Failure.usage("--file: '%s' %s".formatted(given, why), "");
    }
  }
}
