package dev.dunes.cli;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options that describe what an agent is asked. */
final class QueryOptions {
  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description = "The model or alias: sonnet, opus, haiku; else that of sandstorm.json.")
  private Optional<String> model = Optional.empty();

  @Option(
      names = "--max-turns",
      paramLabel = "N",
      description = "How often the model may be asked; else as sandstorm.json says.")
  private Optional<Integer> maxTurns = Optional.empty();

  @Option(
      names = {"-t", "--timeout"},
      paramLabel = "SECONDS",
      description = "End the run after this time, 5 to 3600; else as sandstorm.json says, or 300.")
  private Optional<Integer> timeout = Optional.empty();

  @Option(
      names = {"-f", "--file"},
      paramLabel = "PATH",
      description = "Put this file into the sandbox's home; repeatable, at most 20.")
  private List<String> files = List.of();

  @Option(
      names = "--allowed-tools",
      paramLabel = "A,B",
      description = "The only tools the agent may use; else as sandstorm.json says.")
  private Optional<String> allowedTools = Optional.empty();

  @Option(
      names = "--resume",
      paramLabel = "SESSION",
      description = "Go on with a conversation that was kept with --keep-session.")
  private Optional<String> resume = Optional.empty();

  @Option(
      names = "--fork",
      description = "With --resume: leave that conversation as it is and begin another from it.")
  private boolean fork;

  @Option(
      names = "--budget",
      paramLabel = "USD",
      description = "What the run may cost at most, in US dollars.")
  private Optional<Double> budget = Optional.empty();

  @Option(names = "--keep-session", description = "Keep the conversation, for --resume.")
  private boolean keepSession;

  @Option(
      names = "--agent",
      paramLabel = "NAME",
      description = "The agent that works (default: claude).")
  private Optional<String> agent = Optional.empty();

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Where the sandbox comes from; else as for `run`.")
  private Optional<String> provider = Optional.empty();

  @Mixin private KeyOptions keys = new KeyOptions();

  boolean isLocalOnly() {
    return agent.isPresent() || provider.isPresent();
  }

  Question question(Console console, String prompt) {
    if (prompt.isBlank()) {
      throw Failure.usage("the prompt is empty", "");
    }
    return new Question(
        prompt,
        model,
        maxTurns.map(OptionalInt::of).orElseGet(OptionalInt::empty),
        timeout.map(OptionalInt::of).orElseGet(OptionalInt::empty),
        files(console),
        keys.keys(),
        resume,
        fork,
        budget.map(OptionalDouble::of).orElseGet(OptionalDouble::empty),
        keepSession,
        allowedTools.map(QueryOptions::words),
        agent,
        provider);
  }

  /** The words between commas. */
  static List<String> words(String list) {
    return Stream.of(list.split(",")).map(String::strip).filter(word -> !word.isEmpty()).toList();
  }

  private Map<String, byte[]> files(Console console) {
    return new LocalFiles(console.directory()).read(files);
  }
}
