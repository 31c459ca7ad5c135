package dev.dunes.hosting;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The templates clients expect. Sandbox API 2.5. */
final class BuiltInTemplates {
  private static final Duration SHORT = Duration.ofSeconds(300);
  private static final Duration LONG = Duration.ofSeconds(600);

  /** What code for data likes to import. Sandbox API 2.5. */
  static final List<String> DATA_MODULES =
      List.of(
          "numpy",
          "pandas",
          "polars",
          "scipy",
          "matplotlib",
          "seaborn",
          "plotly",
          "sklearn",
          "xgboost",
          "requests",
          "bs4",
          "httpx",
          "PIL",
          "openpyxl");

  static final List<Template> ALL =
      List.of(
          template(
              "base",
              List.of(),
              "a minimal Linux with bash and Python",
              2,
              512,
              5120,
              SHORT,
              List.of("bash", "python3"),
              List.of()),
          template(
              "code_interpreter",
              List.of("code-interpreter-v1"),
              "Python with packages for data",
              2,
              2048,
              10_240,
              SHORT,
              List.of("bash", "python3"),
              DATA_MODULES),
          template(
              "claude",
              List.of(),
              "Claude Code with what it likes to use",
              4,
              8192,
              10_240,
              LONG,
              List.of("bash", "python3", "node", "git", "rg", "fd", "claude"),
              List.of()),
          template(
              "codex",
              List.of(),
              "the Codex CLI",
              4,
              8192,
              10_240,
              LONG,
              List.of("bash", "git", "codex"),
              List.of()),
          template(
              "desktop",
              List.of(),
              "a screen and a browser",
              4,
              8192,
              10_240,
              LONG,
              List.of("bash", "Xvfb", "chromium"),
              List.of()),
          template(
              "hermes",
              List.of(),
              "the Hermes agent",
              4,
              8192,
              10_240,
              LONG,
              List.of("bash", "python3", "hermes"),
              List.of()));

  private BuiltInTemplates() {}

  private static Template template(
      String id,
      List<String> aliases,
      String description,
      double cpuCores,
      int memoryMb,
      int diskMb,
      Duration timeout,
      List<String> commands,
      List<String> pythonModules) {
    return new Template(
        id,
        aliases,
        description,
        cpuCores,
        memoryMb,
        diskMb,
        timeout,
        Optional.empty(),
        commands,
        pythonModules,
        // E2B's names promise a code interpreter, not the packages. Decision templates.
        pythonModules.isEmpty() ? List.of() : aliases,
        TemplateBuild.Launch.NONE);
  }
}
