package dev.dunes.cli;

import dev.dunes.hosting.Templates;
import dev.dunes.sandbox.spi.Check;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * What the code interpreter and its templates want, and which of it sandboxes of {@code local} see
 * here: they have this machine's {@code /usr}. No sandbox is opened for that.
 */
final class CodeChecks {
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int LONGEST = 64 << 10;
  private static final List<Path> PROGRAMS =
      List.of(Path.of("/usr/local/bin"), Path.of("/usr/bin"), Path.of("/bin"));

  /** Without what a user has installed for themselves, which sandboxes do not see. */
  private static final List<String> LOOK =
      List.of(
          "-I",
          "-c",
          """
          import importlib.util, sys
          for name in sys.argv[1:]:
              if importlib.util.find_spec(name) is None:
                  print(name)
          """);

  private static final String CAN = " can";

  /** Prints the version, and whether this Node has what TypeScript needs. */
  private static final String TYPES =
      "console.log(process.version + (require('node:module').stripTypeScriptTypes ? '%s' : ''))"
          .formatted(CAN);

  private static final String NODE_REMEDY =
      "install Node.js 22.13 or newer below /usr, such as its archive of nodejs.org unpacked into /usr/local";
  private static final String JSHELL = "jdk.jshell";
  private static final String JAVA_REMEDY =
      "install a JDK of 11 or newer below /usr, such as `apt-get install default-jdk-headless`";

  /** Names in the index of packages, where they differ from those that are imported. */
  private static final Map<String, String> PACKAGES =
      Map.of("sklearn", "scikit-learn", "bs4", "beautifulsoup4", "PIL", "pillow");

  private final List<Path> programs;
  private final List<String> modules;

  CodeChecks() {
    this(
        PROGRAMS,
        Templates.builtIn().stream()
            .flatMap(template -> template.pythonModules().stream())
            .distinct()
            .toList());
  }

  /**
   * @param programs directories, the first first
   * @param modules of Python that are wanted
   */
  CodeChecks(List<Path> programs, List<String> modules) {
    this.programs = programs;
    this.modules = modules;
  }

  Diagnosis diagnose() {
    List<Check> checks = new ArrayList<>();
    Optional<Path> python = program("python3");
    checks.add(python.map(this::packages).orElseGet(CodeChecks::noPython));
    Optional<Path> node = program("node");
    checks.add(language("javascript", node, "node", NODE_REMEDY));
    checks.add(typescript(node));
    checks.add(java(program("java")));
    checks.add(language("bash", program("bash"), "bash", "install bash"));
    return new Diagnosis("code interpreter", checks);
  }

  private Optional<Path> program(String name) {
    return programs.stream()
        .map(directory -> directory.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static Check language(
      String language, Optional<Path> found, String program, String remedy) {
    return found
        .map(path -> Check.ok(language, path.toString()))
        .orElseGet(() -> missing(language, program, remedy));
  }

  private static Check missing(String language, String program, String remedy) {
    return Check.warn(language, "sandboxes of `local` have no `%s`".formatted(program), remedy);
  }

  private static Check typescript(Optional<Path> node) {
    if (node.isEmpty()) {
      return missing("typescript", "node", NODE_REMEDY);
    }
    try {
      String version = ask(List.of(node.get().toString(), "-e", TYPES)).strip();
      return version.endsWith(CAN)
          ? Check.ok("typescript", "%s %s".formatted(node.get(), version.replace(CAN, "")))
          : Check.warn(
              "typescript",
              "%s %s cannot strip types; JavaScript runs".formatted(node.get(), version),
              NODE_REMEDY);
    } catch (IOException e) {
      return silent("typescript", node.get(), e, "%s --version".formatted(node.get()));
    }
  }

  private static Check java(Optional<Path> java) {
    if (java.isEmpty()) {
      return missing("java", "java", JAVA_REMEDY);
    }
    try {
      return ask(List.of(java.get().toString(), "--list-modules"))
              .lines()
              .anyMatch(module -> module.split("@", 2)[0].equals(JSHELL))
          ? Check.ok("java", "%s with %s".formatted(java.get(), JSHELL))
          : Check.warn("java", "%s has no module %s".formatted(java.get(), JSHELL), JAVA_REMEDY);
    } catch (IOException e) {
      return silent("java", java.get(), e, "%s --list-modules".formatted(java.get()));
    }
  }

  private static Check silent(String language, Path program, IOException why, String attempt) {
    return Check.warn(
        language,
        "%s does not say what it has: %s".formatted(program, why.getMessage()),
        "try `%s`".formatted(attempt));
  }

  private static Check noPython() {
    return Check.warn(
        "python", "sandboxes of `local` have no `python3`", "install python3 below /usr");
  }

  private Check packages(Path python) {
    List<String> missing;
    try {
      missing = missing(python);
    } catch (IOException e) {
      return silent("python", python, e, "%s -I -c 'import importlib.util'".formatted(python));
    }
    if (missing.isEmpty()) {
      return Check.ok("python", "%s with all packages of `code_interpreter`".formatted(python));
    }
    List<String> packages =
        missing.stream().map(name -> PACKAGES.getOrDefault(name, name)).toList();
    return Check.warn(
        "python",
        "%s without %s: template `code_interpreter` is refused, `code-interpreter-v1` is made without them"
            .formatted(python, String.join(", ", missing)),
        "sudo %s -m pip install --break-system-packages %s"
            .formatted(python, String.join(" ", packages)));
  }

  private List<String> missing(Path python) throws IOException {
    List<String> command = new ArrayList<>(List.of(python.toString()));
    command.addAll(LOOK);
    command.addAll(modules);
    List<String> said = ask(command).lines().toList();
    return modules.stream().filter(said::contains).toList();
  }

  /** What a program prints, within bounds. */
  private static String ask(List<String> command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    try (InputStream out = process.getInputStream()) {
      Thread watch =
          Thread.ofVirtual()
              .start(() -> {
                try {
                  if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.destroyForcibly();
                  }
                } catch (InterruptedException e) {
                  process.destroyForcibly();
                }
              });
      String text = new String(out.readNBytes(LONGEST), StandardCharsets.UTF_8);
      watch.join();
      if (process.exitValue() != 0) {
        throw new IOException("it ends with code " + process.exitValue());
      }
      return text;
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }
}
