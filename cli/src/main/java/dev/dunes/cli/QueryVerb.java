package dev.dunes.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds query} and {@code ds "prompt"}: an agent works on a prompt in a fresh sandbox. */
@CommandLine.Command(
    description = {
      "Has an agent work on a prompt in a fresh sandbox, and shows what it does.",
      "Its answer goes to standard output, everything else to standard error.",
      "`query` may be left out: ds \"Write a haiku\".",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds \"Create hello.py and run it\"",
      "  ds -m opus --max-turns 5 \"Review the file\" -f main.py",
      "  ds -o results \"Draw a chart of the primes as chart.svg\"",
      "  ds --json \"Say hi\" | jq .type",
      "  git diff | ds query - -f NOTES.md",
      "  ds --server http://localhost:8000 \"Say hi\""
    })
final class QueryVerb implements Verb {
  /** More would not be taken anyway: 1,000,000 code points. */
  private static final int LONGEST_PROMPT = 4_000_000;

  private final Console console;

  @Parameters(
      arity = "0..1",
      paramLabel = "PROMPT",
      description = "What the agent shall do; `-` or nothing reads it from standard input.")
  private Optional<String> prompt = Optional.empty();

  @Mixin private QueryOptions options = new QueryOptions();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Save files that the agent makes below this directory.")
  private Optional<String> output = Optional.empty();

  @Option(
      names = {"--json-output", "--raw", "--json"},
      description = "Print every event as one line of JSON.")
  private boolean raw;

  @Mixin private ServerOptions servers = new ServerOptions();

  QueryVerb(Console console) {
    this.console = console;
  }

  @Override
  public boolean takesAlone(String word) {
    prompt = Optional.of(word);
    return true;
  }

  @Override
  public int run() {
    Question question = options.question(console, prompt());
    Optional<Path> directory = output.map(console.directory()::resolve);
    RunTally tally = new Asking(console, directory, raw).ask(starter(question));
    return tally.completed() ? ExitCodes.OK : ExitCodes.ERROR;
  }

  private Function<Waiting, RunEvents> starter(Question question) {
    Optional<Server> server = servers.server(console);
    if (server.isEmpty()) {
      return new LocalRuns(console).starter(question);
    }
    if (options.isLocalOnly()) {
      server.get().close();
      throw Failure.usage("--agent and --provider are for runs on this machine", "");
    }
    return waiting -> server.get().start(question);
  }

  private String prompt() {
    if (prompt.isPresent() && !prompt.get().equals("-")) {
      return prompt.get();
    }
    if (prompt.isEmpty() && console.terminals().in()) {
      throw Failure.usage(
          "no prompt", "%s \"what the agent shall do\"".formatted(console.program()));
    }
    try {
      return new String(console.in().readNBytes(LONGEST_PROMPT), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "cannot read standard input: " + e.getMessage(), "");
    }
  }
}
