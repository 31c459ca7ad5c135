package dev.dunes.cli;

import dev.dunes.session.Run;
import dev.dunes.session.RunRecord;
import dev.dunes.session.RunRefusedException;
import dev.dunes.session.Runs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code ds replay}: asks once more what an earlier run was asked, and compares. */
@CommandLine.Command(
    description = {
      "Asks once more what a run of this directory was asked, perhaps otherwise, and compares both.",
      "The prompt must have been stored: set DUNES_STORE_PROMPTS=1 before the run.",
      "A conversation that was kept is gone on with, in a copy.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds replay 1a2b3c4d -m haiku",
      "  ds replay 1a2b3c4d --budget 0.10 --allowed-tools Read,Grep -o report.md"
    })
final class ReplayVerb implements Verb {
  private final Console console;

  @Parameters(paramLabel = "ID", description = "The id of the run.")
  private String id = "";

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "Another model.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--budget",
      paramLabel = "USD",
      description = "What it may cost at most, in US dollars.")
  private Optional<Double> budget = Optional.empty();

  @Option(names = "--allowed-tools", paramLabel = "A,B", description = "Other tools.")
  private Optional<String> allowedTools = Optional.empty();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "Write the comparison to this file, not to standard error.")
  private Optional<String> output = Optional.empty();

  @Option(
      names = {"--json-output", "--raw", "--json"},
      description = "Print every event as one line of JSON.")
  private boolean raw;

  @Mixin private KeyOptions keys = new KeyOptions();

  /** What was found out on the way. */
  private record Found(RunRecord original, String replayId, boolean forked) {}

  private Optional<Found> found = Optional.empty();

  ReplayVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    RunTally tally = new Asking(console, Optional.empty(), raw).ask(this::start);
    found.ifPresent(both -> report(both, tally));
    return tally.completed() ? ExitCodes.OK : ExitCodes.ERROR;
  }

  private RunEvents start(Waiting waiting) {
    Runs runs = new LocalRuns(console).open(waiting);
    return LocalRuns.start(runs, this::again);
  }

  private Run again(Runs runs) {
    RunRecord original =
        runs.record(id)
            .orElseThrow(() ->
                new Failure(
                    ExitCodes.ERROR,
                    "no run '%s' is known here".formatted(id),
                    "runs are kept in .sandstorm/runs.jsonl of the directory they ran in"));
    JsonNode detail = runs.detail(original);
    Question question = question(detail);
    if (original.agentSessionId().isPresent()) {
      try {
        Run run =
            runs.start(LocalRuns.request(resuming(question, original.agentSessionId().get())));
        found = Optional.of(new Found(original, run.id(), true));
        return run;
      } catch (RunRefusedException e) {
        if (e.reason() != RunRefusedException.Reason.UNKNOWN_SESSION) {
          throw e;
        }
        console.explain("its conversation was not kept: it begins anew");
      }
    }
    Run run = runs.start(LocalRuns.request(question));
    found = Optional.of(new Found(original, run.id(), false));
    return run;
  }

  private Question question(JsonNode run) {
    String prompt = run.path("raw_prompt").stringValue("");
    if (prompt.isEmpty()) {
      throw new Failure(
          ExitCodes.ERROR,
          "the prompt of run %s was not stored".formatted(id),
          "set DUNES_STORE_PROMPTS=1 before a run that shall be replayed");
    }
    JsonNode config = run.path("config_snapshot");
    return new Question(
        prompt,
        model.or(() -> Optional.ofNullable(config.path("model").stringValue(null))),
        number(config.path("max_turns")),
        number(config.path("timeout")),
        files(config.path("files")),
        keys.keys(),
        Optional.empty(),
        false,
        budget.map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
        false,
        allowedTools.map(QueryOptions::words).or(() -> tools(config.path("allowed_tools"))),
        Optional.empty(),
        Optional.empty());
  }

  private static Question resuming(Question question, String session) {
    return new Question(
        question.prompt(),
        question.model(),
        question.maxTurns(),
        question.timeoutSeconds(),
        question.files(),
        question.keys(),
        Optional.of(session),
        true,
        question.budgetUsd(),
        question.keepSession(),
        question.allowedTools(),
        question.agent(),
        question.provider());
  }

  private static OptionalInt number(JsonNode value) {
    return value.isNumber() ? OptionalInt.of(value.asInt()) : OptionalInt.empty();
  }

  private static Optional<List<String>> tools(JsonNode value) {
    return value.isArray()
        ? Optional.of(value.valueStream().map(JsonNode::asString).toList())
        : Optional.empty();
  }

  private static Map<String, byte[]> files(JsonNode stored) {
    Map<String, byte[]> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> file : stored.properties()) {
      JsonNode content = file.getValue();
      if (content.isString()) {
        files.put(file.getKey(), content.asString().getBytes(StandardCharsets.UTF_8));
      } else if (content.path("base64").isString()) {
        files.put(file.getKey(), Base64.getDecoder().decode(content.path("base64").asString()));
      }
    }
    return files;
  }

  private void report(Found both, RunTally tally) {
    String report = ReplayReport.of(both.original(), both.replayId(), both.forked(), tally, budget);
    if (output.isEmpty()) {
      console.complain("\n" + report.stripTrailing());
      return;
    }
    Path file = console.directory().resolve(output.get());
    try {
      Files.writeString(file, report);
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot write %s: %s".formatted(file, e.getMessage()), "");
    }
  }
}
