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
    checks.add(language("javascript", "node", "install Node.js 22.13 or newer below /usr"));
    checks.add(language("bash", "bash", "install bash"));
    return new Diagnosis("code interpreter", checks);
  }

  private Optional<Path> program(String name) {
    return programs.stream()
        .map(directory -> directory.resolve(name))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private Check language(String language, String program, String remedy) {
    return program(program)
        .map(found -> Check.ok(language, found.toString()))
        .orElseGet(() ->
            Check.warn(language, "sandboxes of `local` have no `%s`".formatted(program), remedy));
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
      return Check.warn(
          "python",
          "%s does not say what it has: %s".formatted(python, e.getMessage()),
          "try `%s -I -c 'import importlib.util'`".formatted(python));
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
      List<String> said = text.lines().toList();
      return modules.stream().filter(said::contains).toList();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new Failure(ExitCodes.INTERRUPTED, "Interrupted.", "");
    }
  }
}
