package dev.dunes.cli;

import dev.dunes.sandbox.SandboxInterruptedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds test}: tries providers out, all at once. */
@CommandLine.Command(
    description = {
      "Tries out all providers that can be used, or one: makes a sandbox, runs a command in it, destroys it.",
      "Exit code 1 when one of them fails.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds test", "  ds test -p local", "  ds test -p e2b --full"})
final class TestVerb implements Verb {
  private static final String RULE = "=".repeat(50) + "\n";
  private static final int SHOWN = 50;

  private final Console console;

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Only this provider.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = "--full",
      description =
          "Also try output, input, time limits, files, deadlines and pausing. Costs what a minute of a sandbox costs.")
  private boolean full;

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  TestVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    List<Trial> trials = new ArrayList<>();
    for (String name : names()) {
      trials.add(new Trial(console, name, full));
    }
    if (trials.isEmpty()) {
      throw new Failure(
          ExitCodes.ERROR, "no provider can be used", "`ds providers` shows what each one needs");
    }
    runAll(trials);
    if (json) {
      console.print(json(trials));
    } else {
      console.print(summary(trials));
    }
    boolean allWork = trials.stream().allMatch(trial -> trial.failure().isEmpty());
    return allWork ? ExitCodes.OK : ExitCodes.ERROR;
  }

  private List<String> names() {
    return provider.isPresent()
        ? List.of(new Places(console).provider(provider))
        : console.sandboxes().usableProviders();
  }

  /** All at once; what each did is shown when it is through, in the order of the providers. */
  private void runAll(List<Trial> trials) {
    List<Thread> threads = new ArrayList<>();
    for (Trial trial : trials) {
      threads.add(Thread.ofVirtual().name("test " + trial.provider()).start(trial::run));
    }
    try {
      for (int i = 0; i < trials.size(); i++) {
        threads.get(i).join();
        if (!json) {
          trials.get(i).tell();
        }
      }
    } catch (InterruptedException e) {
      threads.forEach(Thread::interrupt);
      throw new SandboxInterruptedException("trying out providers", e);
    }
  }

  private static String summary(List<Trial> trials) {
    StringBuilder text =
        new StringBuilder("\n").append(RULE).append("📊 Test Results\n").append(RULE);
    for (Trial trial : trials) {
      String result =
          trial
              .failure()
              .map(why -> "❌ Failed: " + why.substring(0, Math.min(SHOWN, why.length())))
              .orElse("✅ Working");
      text.append("%-10s %s%n".formatted(trial.provider(), result));
    }
    return text.toString();
  }

  private static String json(List<Trial> trials) {
    List<Map<String, Object>> array = new ArrayList<>();
    for (Trial trial : trials) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("provider", trial.provider());
      object.put("working", trial.failure().isEmpty());
      object.put("error", trial.failure());
      object.put("millis", new TreeMap<>(trial.millis()));
      array.add(object);
    }
    return Json.document(array);
  }
}
