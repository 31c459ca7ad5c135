package dev.dunes.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds init}: a project to begin with. */
@CommandLine.Command(
    description = {
      "Makes a directory with a sandstorm.json and what belongs to it.",
      "`ds init --list` shows the starters.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds init", "  ds init code-review", "  ds init support-triage triage --force"})
final class InitVerb implements Verb {
  private static final String DEFAULT = "general-assistant";

  private final Console console;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "STARTER",
      description = "Which one (default: general-assistant).")
  private Optional<String> starter = Optional.empty();

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "DIR",
      description = "Where (default: a directory of the starter's name).")
  private Optional<String> directory = Optional.empty();

  @Option(names = "--list", description = "Show the starters and make nothing.")
  private boolean list;

  @Option(names = "--force", description = "Overwrite files that are there already.")
  private boolean force;

  InitVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (list) {
      if (starter.isPresent()) {
        throw Failure.usage("--list takes no starter", "");
      }
      Table table = new Table("STARTER", "WHAT IT IS FOR");
      Starter.all().forEach(each -> table.row(List.of(each.name(), each.summary())));
      console.print(table.text(console.style()));
      return ExitCodes.OK;
    }
    String name = starter.orElse(DEFAULT);
    Starter chosen = Starter.named(name).orElseThrow(() -> unknown(name));
    Path target = console.directory().resolve(directory.orElse(chosen.name()));
    write(target, chosen.contents());
    next(chosen, directory.orElse(chosen.name()));
    return ExitCodes.OK;
  }

  private static Failure unknown(String name) {
    String known = Starter.all().stream().map(Starter::name).collect(Collectors.joining(", "));
    return Failure.usage("STARTER: '%s' cannot be used; use one of %s".formatted(name, known), "");
  }

  /** Nothing is written unless everything can be. */
  private void write(Path target, Map<String, byte[]> contents) {
    if (Files.exists(target) && !Files.isDirectory(target)) {
      throw new Failure(ExitCodes.ERROR, "%s is not a directory".formatted(target), "");
    }
    List<String> there =
        contents.keySet().stream().filter(file -> Files.exists(target.resolve(file))).toList();
    if (!there.isEmpty() && !force) {
      throw new Failure(
          ExitCodes.ERROR,
          "%s has %s already".formatted(target, String.join(", ", there)),
          "--force overwrites them; another DIR leaves them alone");
    }
    try {
      for (Map.Entry<String, byte[]> file : contents.entrySet()) {
        Path path = target.resolve(file.getKey());
        Files.createDirectories(Optional.ofNullable(path.getParent()).orElse(target));
        Files.write(path, file.getValue());
      }
    } catch (IOException e) {
      throw new Failure(
          ExitCodes.ERROR, "cannot write below %s: %s".formatted(target, e.getMessage()), "");
    }
  }

  private void next(Starter made, String where) {
    console.print(
        """
        Made %s in %s: %s

        Next:
          cd %s
          cp .env.example .env      # and fill in a key
          %s
        """
            .formatted(
                made.name(),
                Printable.line(where),
                String.join(", ", made.files()),
                Printable.line(where),
                made.example()));
  }
}
