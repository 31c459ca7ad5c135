package dev.dunes.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code ds add}: tools for the agents of a project. */
@CommandLine.Command(
    description = {
      "Adds an MCP server to the sandstorm.json of this directory, and its variables to .env.",
      "Secrets are never written into sandstorm.json, only the names of variables.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds add --list",
      "  ds add exa",
      "  ds add --custom jira --package mcp-atlassian --runtime uvx --env JIRA_TOKEN --arg --read-only"
    })
final class AddVerb implements Verb {
  private static final Pattern SLUG = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}");
  private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

  private final Console console;

  @Parameters(arity = "0..1", paramLabel = "PACK", description = "Which one, see --list.")
  private Optional<String> name = Optional.empty();

  @Option(names = "--list", description = "Show the packs and whether they are there.")
  private boolean list;

  @Option(
      names = "--force",
      description = "Replace a server of this name that is set up otherwise.")
  private boolean force;

  @Option(
      names = "--custom",
      paramLabel = "SLUG",
      description = "Add a server of your own under this name; needs --package.")
  private Optional<String> custom = Optional.empty();

  @Option(
      names = "--package",
      paramLabel = "P",
      description = "The package that has the server, with --custom.")
  private Optional<String> packageName = Optional.empty();

  @Option(
      names = "--runtime",
      paramLabel = "R",
      description = "What starts it: npx or uvx (default: npx).")
  private Optional<String> runtime = Optional.empty();

  @Option(names = "--env", paramLabel = "V", description = "A variable that it needs; repeatable.")
  private List<String> env = List.of();

  @Option(
      names = "--arg",
      paramLabel = "A",
      description = "An argument for it, after the package; repeatable.")
  private List<String> arguments = List.of();

  AddVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    if (list) {
      console.print(table());
      return ExitCodes.OK;
    }
    Pack pack = pack();
    ProjectFile project = ProjectFile.in(console.directory());
    JsonNode there = project.server(pack.name());
    boolean same = there.equals(pack.server());
    if (!there.isMissingNode() && !same && !force) {
      throw new Failure(
          ExitCodes.ERROR,
          "sandstorm.json has another server '%s'".formatted(pack.name()),
          "--force replaces it");
    }
    if (!same) {
      project.put(pack.name(), pack.server());
      project.save();
    }
    console.print(
        same
            ? "%s was there already\n".formatted(pack.name())
            : "Added %s to sandstorm.json\n".formatted(pack.name()));
    variables(pack);
    return ExitCodes.OK;
  }

  private String table() {
    ProjectFile project = ProjectFile.in(console.directory());
    Table table = new Table("PACK", "WHAT IT IS FOR", "PACKAGE", "VARIABLE", "HERE");
    for (Pack pack : Pack.all()) {
      JsonNode there = project.server(pack.name());
      String state = there.isMissingNode() ? "no" : there.equals(pack.server()) ? "yes" : "changed";
      table.row(
          List.of(
              pack.name(),
              pack.summary(),
              pack.packageName(),
              String.join(", ", pack.variables()),
              state));
    }
    return table.text(console.style());
  }

  private Pack pack() {
    if (custom.isPresent()) {
      return custom(custom.get());
    }
    if (packageName.isPresent() || runtime.isPresent() || !env.isEmpty() || !arguments.isEmpty()) {
      throw Failure.usage("--package, --runtime, --env and --arg go with --custom", "");
    }
    String wanted =
        name.orElseThrow(() -> Failure.usage("no pack named", "`ds add --list` shows them"));
    return Pack.named(wanted)
        .orElseThrow(() ->
            Failure.usage(
                "PACK: '%s' cannot be used; use one of %s"
                    .formatted(
                        wanted,
                        Pack.all().stream().map(Pack::name).collect(Collectors.joining(", "))),
                "--custom adds a server of your own"));
  }

  private Pack custom(String slug) {
    if (name.isPresent()) {
      throw Failure.usage("either a pack or --custom", "");
    }
    if (!SLUG.matcher(slug).matches()) {
      throw Failure.usage(
          "--custom: '%s' cannot be used; use letters, digits, _ and -".formatted(slug), "");
    }
    String start = runtime.orElse("npx");
    if (!start.equals("npx") && !start.equals("uvx")) {
      throw Failure.usage(
          "--runtime: '%s' cannot be used; use one of npx, uvx".formatted(start), "");
    }
    Map<String, String> variables = new LinkedHashMap<>();
    for (String variable : env) {
      if (!VARIABLE.matcher(variable).matches()) {
        throw Failure.usage(
            "--env: '%s' cannot be used; use the name of a variable".formatted(variable), "");
      }
      variables.put(variable, variable);
    }
    String wanted =
        packageName
            .filter(text -> !text.isBlank())
            .orElseThrow(() -> Failure.usage("--custom needs --package", ""));
    return new Pack(slug, "", start, wanted, variables, arguments);
  }

  /** Names the variables in both files; values are for the user to fill in. */
  private void variables(Pack pack) {
    EnvFile env = new EnvFile(console.directory().resolve(".env"));
    EnvFile example = new EnvFile(console.directory().resolve(".env.example"));
    List<String> missing = new ArrayList<>();
    for (String variable : pack.variables()) {
      if (!example.names(variable)) {
        example.add(variable + "=", false);
      }
      if (!env.names(variable)) {
        // A variable that is set to nothing counts as set, and the server would start without it.
        env.add("# " + variable + "=", true);
        if (console.env(variable).isEmpty()) {
          missing.add(variable);
        }
      }
    }
    if (!missing.isEmpty()) {
      console.print("Set %s in .env\n".formatted(String.join(", ", missing)));
    }
  }
}
