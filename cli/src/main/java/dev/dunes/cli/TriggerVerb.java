package dev.dunes.cli;

import dev.dunes.session.Runs;
import dev.dunes.session.Trigger;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/** {@code ds trigger}: what starts runs by itself, and trying it out. */
@CommandLine.Command(
    description = {
      "Shows the triggers of the sandstorm.json of this directory, or runs one at once.",
      "They fire by themselves while `ds serve` runs.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds trigger list",
      "  ds trigger test nightly",
      "  ds trigger test on-push --body '{\"ref\": \"main\"}'"
    })
final class TriggerVerb implements Verb {
  private final Console console;

  @Parameters(index = "0", paramLabel = "ACTION", description = "list or test.")
  private String action = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "The trigger to test.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--body",
      paramLabel = "JSON",
      description = "What a webhook is posted, to fill its prompt with (default: {}).")
  private Optional<String> body = Optional.empty();

  @Option(
      names = {"--json-output", "--raw", "--json"},
      description = "Print JSON: the list, or each event on a line.")
  private boolean json;

  TriggerVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    return switch (action) {
      case "list" -> list();
      case "test" -> test();
      default ->
          throw Failure.usage(
              "ACTION: '%s' cannot be used; use one of list, test".formatted(action), "");
    };
  }

  private int list() {
    if (name.isPresent()) {
      throw Failure.usage("list takes no name", "");
    }
    try (Runs runs = new LocalRuns(console).open(Waiting.hidden(console))) {
      List<Trigger> all = runs.triggers().all();
      refuseBroken(runs);
      console.print(json ? json(all) : table(all));
    }
    return ExitCodes.OK;
  }

  private static String json(List<Trigger> all) {
    ArrayNode list = JsonMapper.shared().createArrayNode();
    all.forEach(trigger -> list.add(trigger.json()));
    return PrettyJson.of(list) + "\n";
  }

  private String table(List<Trigger> all) {
    if (all.isEmpty()) {
      return "No triggers\n";
    }
    Table table = new Table("NAME", "TYPE", "WHEN", "PROMPT");
    for (Trigger trigger : all) {
      String prompt = ToolView.shortened(trigger.prompt());
      table.row(
          switch (trigger) {
            case Trigger.Cron cron ->
                List.of(cron.name(), "cron", cron.schedule() + " UTC", prompt);
            case Trigger.Webhook hook ->
                List.of(hook.name(), "webhook", "POST " + hook.path(), prompt);
          });
    }
    return table.text(console.style());
  }

  private int test() {
    String wanted =
        name.orElseThrow(
            () -> Failure.usage("no trigger named", "`ds trigger list` shows what there is"));
    JsonNode posted = posted();
    RunTally tally =
        new Asking(console, Optional.empty(), json)
            .ask(waiting -> {
              Runs runs = new LocalRuns(console).open(waiting);
              return LocalRuns.start(
                  runs,
                  all ->
                      all.start(
                          all.triggers().request(trigger(all, wanted), posted, Map.of(), false)));
            });
    return tally.completed() ? ExitCodes.OK : ExitCodes.ERROR;
  }

  private static Trigger trigger(Runs runs, String name) {
    return runs.triggers()
        .named(name)
        .orElseThrow(() -> {
          refuseBroken(runs);
          String known =
              runs.triggers().all().stream().map(Trigger::name).collect(Collectors.joining(", "));
          return Failure.usage(
              "NAME: '%s' is no trigger here".formatted(name),
              known.isEmpty() ? "sandstorm.json has none" : "there are: " + known);
        });
  }

  /** A file that cannot be read has no triggers; that must not look like an empty list. */
  private static void refuseBroken(Runs runs) {
    Optional.ofNullable(runs.health().problems().get("sandstorm.json"))
        .ifPresent(problem -> {
          throw new Failure(ExitCodes.ERROR, problem, "");
        });
  }

  private JsonNode posted() {
    try {
      return JsonMapper.shared().readTree(body.orElse("{}"));
    } catch (JacksonException e) {
      throw Failure.usage("--body is not JSON: " + e.getOriginalMessage(), "");
    }
  }
}
