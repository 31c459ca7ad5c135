package dev.dunes.cli;

import dev.dunes.sandbox.ProviderChoice;
import dev.dunes.sandbox.ProviderStatus;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.Check;
import dev.dunes.session.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds doctor}: what is missing, and how to get it. */
@CommandLine.Command(
    description = {
      "Explains what is needed for sandboxes and for agents, what of it is missing here, and how to",
      "get it. Exit code 0 when `local` or the default provider can be used and nothing else is ❌.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ds doctor", "  ds doctor --deep", "  ds doctor --json"})
final class DoctorVerb implements Verb {
  private static final int NAME_WIDTH = 20;
  private static final int JAVA_NEEDED = 25;

  private final Console console;

  @Option(
      names = "--deep",
      description =
          "Also open a sandbox at the default provider, run a command in it and say how long it took.")
  private boolean deep;

  @Option(names = "--json", description = "Print a JSON object.")
  private boolean json;

  DoctorVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Optional<ProviderChoice> choice = choice();
    List<Diagnosis> all = new ArrayList<>();
    all.add(new Diagnosis("dunes", List.of(java())));
    for (ProviderStatus status : console.sandboxes().providers()) {
      Diagnosis found = Diagnosis.of(status);
      boolean isDefault = choice.filter(c -> c.name().equals(status.name())).isPresent();
      all.add(deep && isDefault ? found.with(trial(status.name())) : found);
    }
    boolean agentsOnly = console.program().equals("duvo-sandstorm");
    List<Diagnosis> agents = new ArrayList<>();
    if (!console.program().equals("sandboxes")) {
      agents.add(
          new ModelChecks(
                  new Settings(console.environment(), console.directory()).all(), agentsOnly)
              .diagnose());
      agents.add(AgentChecks.diagnose(console));
      if (all.stream().anyMatch(found -> found.name().equals("local") && found.usable())) {
        agents.add(new CodeChecks().diagnose());
      }
      agents.add(new ProjectChecks(console).diagnose());
    }
    boolean ready =
        all.stream()
            .anyMatch(found ->
                found.usable() && (found.name().equals("local") || isChosen(found, choice)));
    boolean worked = deepWorked(all, choice) && agents.stream().allMatch(Diagnosis::usable);
    all.addAll(agents);
    console.print(json ? json(all, choice, ready) : text(all, choice, ready));
    return ready && worked ? ExitCodes.OK : ExitCodes.ERROR;
  }

  private static boolean isChosen(Diagnosis found, Optional<ProviderChoice> choice) {
    return choice.filter(c -> c.name().equals(found.name())).isPresent();
  }

  /**
   * A trial that was asked for and failed is a failure, also when another provider could be used.
   */
  private boolean deepWorked(List<Diagnosis> all, Optional<ProviderChoice> choice) {
    return !deep
        || all.stream().filter(found -> isChosen(found, choice)).allMatch(Diagnosis::usable);
  }

  private Trial trial(String provider) {
    Trial trial = new Trial(console, provider, false);
    trial.run();
    return trial;
  }

  private static Check java() {
    String found =
        "%s at %s"
            .formatted(Runtime.version(), System.getProperty("java.home", "an unknown place"));
    return Runtime.version().feature() >= JAVA_NEEDED
        ? Check.ok("java", found)
        : Check.fail(
            "java", found, "install a JDK " + JAVA_NEEDED + " and set DUNES_JAVA_HOME to it");
  }

  private Optional<ProviderChoice> choice() {
    try {
      return Optional.of(console.sandboxes().choice());
    } catch (SandboxException e) {
      return Optional.empty();
    }
  }

  private String text(List<Diagnosis> all, Optional<ProviderChoice> choice, boolean ready) {
    Style style = console.style();
    StringBuilder text = new StringBuilder();
    text.append(
        "Dunes %s on %s %s (%s)%n"
            .formatted(
                Main.VERSION,
                System.getProperty("os.name", "an unknown system"),
                System.getProperty("os.version", ""),
                System.getProperty("os.arch", "")));
    for (Diagnosis found : all) {
      text.append('\n').append(style.bold(Printable.line(found.name())));
      choice
          .filter(c -> c.name().equals(found.name()))
          .ifPresent(
              c -> text.append(" (the default: ").append(Printable.line(c.reason())).append(')'));
      text.append('\n');
      found.checks().forEach(check -> append(text, style, check));
    }
    text.append('\n');
    if (ready) {
      String from = choice.map(ProviderChoice::name).orElse("local");
      text.append("✅ Ready: sandboxes come from ").append(from).append('\n');
    } else {
      text.append("❌ Not ready: no sandbox can be opened until what is marked ❌ is there\n");
    }
    return text.toString();
  }

  private static void append(StringBuilder text, Style style, Check check) {
    String name = Printable.line(check.name());
    text.append("  ")
        .append(
            switch (check.status()) {
              case OK -> "✅ ";
              case WARN -> "⚠️  ";
              case FAIL -> "❌ ";
            })
        .append(name)
        .repeat(" ", Math.max(1, NAME_WIDTH - name.length()))
        .append(Printable.line(check.detail()))
        .append('\n');
    check
        .remedy()
        .filter(remedy -> !remedy.isBlank())
        .ifPresent(remedy ->
            text.append("     → ")
                .append(colour(style, check.status(), Printable.line(remedy)))
                .append('\n'));
  }

  private static String colour(Style style, Check.Status status, String text) {
    return switch (status) {
      case OK -> style.green(text);
      case WARN -> style.yellow(text);
      case FAIL -> style.red(text);
    };
  }

  private static String json(List<Diagnosis> all, Optional<ProviderChoice> choice, boolean ready) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("version", Main.VERSION);
    object.put("ready", ready);
    object.put("default", choice.map(ProviderChoice::name));
    object.put("reason", choice.map(ProviderChoice::reason));
    List<Map<String, Object>> parts = new ArrayList<>();
    for (Diagnosis found : all) {
      Map<String, Object> part = new LinkedHashMap<>();
      part.put("name", found.name());
      part.put("usable", found.usable());
      part.put("checks", found.checks().stream().map(DoctorVerb::json).toList());
      parts.add(part);
    }
    object.put("parts", parts);
    return Json.document(object);
  }

  private static Map<String, Object> json(Check check) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("name", check.name());
    object.put("status", check.status().wireName());
    object.put("detail", check.detail());
    object.put("remedy", check.remedy());
    return object;
  }
}
