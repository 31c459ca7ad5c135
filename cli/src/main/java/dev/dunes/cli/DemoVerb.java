package dev.dunes.cli;

import dev.dunes.gateway.LeaseSpec;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds demo}: a real agent in a real sandbox, its model played from a recording. */
@CommandLine.Command(
    description = {
      "Shows an agent at work, without a key.",
      "The agent, the sandbox, its commands and files are real; what the model says is played from",
      "a recording. The network is used once, to fetch the agent.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds demo", "  ds demo --fast -o dunes"})
final class DemoVerb implements Verb {
  /** Would lead to a model, or to a project of the user's; neither is wanted here. */
  private static final List<String> LEFT_OUT =
      List.of("ANTHROPIC_", "OPENROUTER_", "CLAUDE_CODE_", "AZURE_", "DUNES_LIMITS");

  private final Console console;

  @Option(names = "--fast", description = "Do not wait where the model would have thought.")
  private boolean fast;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Save the files that the agent makes below this directory.")
  private Optional<String> output = Optional.empty();

  @Option(
      names = {"--json-output", "--raw", "--json"},
      description = "Print every event as one line of JSON.")
  private boolean raw;

  DemoVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Path scratch = scratch();
    try {
      Path files = output.map(console.directory()::resolve).orElse(scratch.resolve("files"));
      UnaryOperator<LeaseSpec> leases = Demo.playing(cassette(scratch), !fast);
      if (!raw) {
        introduce();
      }
      RunTally tally =
          new Asking(
                  console, Optional.of(files), output.isEmpty() ? files : console.directory(), raw)
              .ask(
                  new LocalRuns(console, scratch, environment(), leases)
                      .starter(Question.of(Demo.PROMPT)));
      if (tally.completed() && !raw) {
        show(files.resolve(Demo.PICTURE));
      }
      return tally.completed() ? ExitCodes.OK : ExitCodes.ERROR;
    } finally {
      remove(scratch);
    }
  }

  private void introduce() {
    Style style = console.errorStyle();
    console.complain(
        style.bold("Demonstration")
            + ": a real agent in a real sandbox on this machine.\n"
            + style.yellow("What the model says is played from a recording; no model is asked.")
            + "\n\n"
            + style.bold("> ")
            + Demo.PROMPT
            + "\n");
  }

  private void show(Path picture) {
    try {
      console.print(Files.readString(picture, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new Failure(
          ExitCodes.ERROR, "the agent left no %s".formatted(Demo.PICTURE), "please report it");
    }
    console.complain(
        console
                .errorStyle()
                .dim(
                    "%s came out of the sandbox, which is gone. Nothing was paid."
                        .formatted(Demo.PICTURE))
            + "\nWith a key (ANTHROPIC_API_KEY): %s \"what you want done\""
                .formatted(console.program()));
  }

  private Map<String, String> environment() {
    Map<String, String> environment = new HashMap<>(console.environment());
    environment.keySet().removeIf(name -> LEFT_OUT.stream().anyMatch(name::startsWith));
    // A run needs a model to be named. Nobody listens there, and nobody is asked.
    environment.put("ANTHROPIC_BASE_URL", "http://127.0.0.1:9");
    return environment;
  }

  private static Path scratch() {
    try {
      return Files.createTempDirectory("ds-demo");
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "no room for temporary files: " + e.getMessage(), "");
    }
  }

  private static Path cassette(Path scratch) {
    Path file = scratch.resolve(Demo.CASSETTE);
    try (InputStream recorded = DemoVerb.class.getResourceAsStream(Demo.CASSETTE)) {
      if (recorded == null) {
        throw new IllegalStateException(Demo.CASSETTE + " is not part of this build");
      }
      Files.copy(recorded, file, StandardCopyOption.REPLACE_EXISTING);
      return file;
    } catch (IOException e) {
      throw new Failure(ExitCodes.ERROR, "no room for temporary files: " + e.getMessage(), "");
    }
  }

  private void remove(Path directory) {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      console.explain("%s is left: %s".formatted(directory, e.getMessage()));
    }
  }
}
