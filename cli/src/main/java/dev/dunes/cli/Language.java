package dev.dunes.cli;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The languages code can be run in: by what names and file extensions they go, and how a file of
 * theirs is run.
 */
enum Language {
  PYTHON(List.of("python", "python3", "py"), List.of("py"), program("python3")),
  NODE(List.of("node", "javascript", "js"), List.of("js", "mjs", "cjs"), program("node")),
  TYPESCRIPT(List.of("typescript", "ts"), List.of("ts"), Language.TYPESCRIPT_RUNNER),
  GO(List.of("go", "golang"), List.of("go"), program("go", "run")),
  RUST(List.of("rust", "rs"), List.of("rs"), "rustc \"$1\" -o \"$2/app\" && exec \"$2/app\""),
  BASH(List.of("bash"), List.of("sh", "bash"), program("bash")),
  SH(List.of("sh"), List.of("sh"), program("sh")),
  RUBY(List.of("ruby", "rb"), List.of("rb"), program("ruby")),
  JAVA(List.of("java"), List.of("java"), program("java"));

  /** The first of these that is there; node removes types by itself from version 22.6 on. */
  private static final String TYPESCRIPT_RUNNER =
      """
      if command -v tsx >/dev/null 2>&1; then exec tsx "$1"; fi
      if command -v ts-node >/dev/null 2>&1; then exec ts-node "$1"; fi
      if node --experimental-strip-types --disable-warning=ExperimentalWarning -e 0 >/dev/null 2>&1; then
        exec node --experimental-strip-types --disable-warning=ExperimentalWarning "$1"
      fi
      exec npx -y ts-node "$1"
      """;

  /** With go.mod and go.sum beside the code; without a go.mod one is made. */
  private static final String GO_WITH_DEPENDENCIES =
      """
      cd "$2" || exit
      if [ ! -e go.mod ]; then go mod init app && go mod tidy || exit; fi
      go mod download && exec go run .
      """;

  private final List<String> names;
  private final List<String> extensions;
  private final String script;

  Language(List<String> names, List<String> extensions, String script) {
    this.names = names;
    this.extensions = extensions;
    this.script = script;
  }

  /** A shell runs the program, so that a missing one is the usual 127. */
  private static String program(String... words) {
    return "exec " + String.join(" ", words) + " \"$1\"";
  }

  static Optional<Language> named(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (Language language : values()) {
      if (language.names.contains(lower)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  static Optional<Language> ofExtension(String extension) {
    String lower = extension.toLowerCase(Locale.ROOT);
    for (Language language : values()) {
      if (language.extensions.contains(lower)) {
        return Optional.of(language);
      }
    }
    return Optional.empty();
  }

  /** The name providers are told. */
  String word() {
    return names.getFirst();
  }

  /** A name for code in this language: the given one when it ends as it should. */
  String fileName(String given) {
    int dot = given.lastIndexOf('.');
    boolean fits = dot > 0 && extensions.contains(given.substring(dot + 1));
    return fits ? given : "main." + extensions.getFirst();
  }

  /** Runs a file that lies in a directory of its own. */
  List<String> argv(String file, String directory) {
    return List.of("/bin/sh", "-c", script, "sh", file, directory);
  }

  /** Runs what lies in a directory as a Go module. */
  static List<String> goModule(String file, String directory) {
    return List.of("/bin/sh", "-c", GO_WITH_DEPENDENCIES, "sh", file, directory);
  }
}
