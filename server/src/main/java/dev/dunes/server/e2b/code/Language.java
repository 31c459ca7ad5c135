package dev.dunes.server.e2b.code;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** What code is written in, and which program of the sandbox runs it. E2B wire 2.10. */
enum Language {
  PYTHON("python", List.of(), "python3"),
  JAVASCRIPT("javascript", List.of("js"), "node"),
  TYPESCRIPT("typescript", List.of("ts"), "node"),
  BASH("bash", List.of(), "bash"),
  JAVA("java", List.of(), "java");

  /** What can be done with code in languages that E2B's interpreter runs, and none here does. */
  private static final Map<String, String> OTHERWISE =
      Map.of("r", "write it to a file and run the command `Rscript FILE`, in a sandbox that has R");

  private final String id;
  private final List<String> aliases;
  private final String program;

  Language(String id, List<String> aliases, String program) {
    this.id = id;
    this.aliases = aliases;
    this.program = program;
  }

  /** As clients are told it. */
  String id() {
    return id;
  }

  String program() {
    return program;
  }

  /** The language of a name, in whatever case. */
  static Optional<Language> of(String name) {
    String plain = name.strip().toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(language -> language.id.equals(plain) || language.aliases.contains(plain))
        .findFirst();
  }

  /** What to do with code in a language that is none of these, if anything is known. */
  static Optional<String> otherwise(String name) {
    return Optional.ofNullable(OTHERWISE.get(name.strip().toLowerCase(Locale.ROOT)));
  }

  /** All names, for messages. */
  static String all() {
    return Arrays.stream(values()).map(Language::id).collect(Collectors.joining(", "));
  }
}
