package dev.dunes.cli;

import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderChoice;
import dev.dunes.sandbox.ProviderStatus;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds providers}: where sandboxes can come from. */
@CommandLine.Command(
    description = {"Lists the providers, whether they can be used, and what they need for it.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  ds providers", "  ds providers --capabilities", "  ds providers --json"})
final class ProvidersVerb implements Verb {
  private static final String RULE = "=".repeat(50) + "\n";
  private static final List<String> COLUMNS =
      List.of(
          "Provider",
          "Persistent",
          "Snapshot",
          "Streaming",
          "File Upload",
          "Interactive Shell",
          "GPU");

  private final Console console;

  @Option(
      names = "--capabilities",
      negatable = true,
      defaultValue = "false",
      fallbackValue = "true",
      description =
          "Show what the sandboxes of those that can be used are able to do (default: no).")
  private boolean capabilities;

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  ProvidersVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    List<ProviderStatus> all = console.sandboxes().providers();
    console.print(json ? json(all) : text(all));
    return ExitCodes.OK;
  }

  private String text(List<ProviderStatus> all) {
    Style style = console.style();
    StringBuilder text = new StringBuilder();
    text.append('\n').append(style.bold("Available Providers")).append('\n').append(RULE);
    Optional<ProviderChoice> choice = choice();
    for (ProviderStatus status : all) {
      text.append('\n').append(style.bold(status.name())).append('\n');
      text.append("  Status: ")
          .append(status.configured() ? "✅ Configured" : "❌ Not configured")
          .append('\n');
      text.append("  Auth: ").append(Printable.line(status.requirement())).append('\n');
      text.append("  Description: ").append(Printable.line(status.description())).append('\n');
      if (!status.configured()) {
        text.append("  Reason: ").append(Printable.line(status.reason())).append('\n');
      }
      if (status.experimental()) {
        text.append("  Note: experimental\n");
      }
      choice
          .filter(c -> c.name().equals(status.name()))
          .ifPresent(
              c -> text.append("  Default: ").append(Printable.line(c.reason())).append('\n'));
    }
    if (capabilities) {
      text.append('\n').append(style.bold("Capability Matrix")).append('\n').append(RULE);
      appendMatrix(text, all);
    }
    appendHints(text, all);
    return text.toString();
  }

  private void appendMatrix(StringBuilder text, List<ProviderStatus> all) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(COLUMNS);
    for (ProviderStatus status : all) {
      capabilities(status).ifPresent(found -> rows.add(row(status.name(), found)));
    }
    int[] widths = new int[COLUMNS.size()];
    for (List<String> row : rows) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (int r = 0; r < rows.size(); r++) {
      List<String> cells = new ArrayList<>();
      List<String> dashes = new ArrayList<>();
      for (int i = 0; i < widths.length; i++) {
        String cell = rows.get(r).get(i);
        cells.add(cell + " ".repeat(widths[i] - cell.length()));
        dashes.add("-".repeat(widths[i]));
      }
      text.append("  ").append(String.join(" | ", cells)).append('\n');
      if (r == 0) {
        text.append("  ").append(String.join("-+-", dashes)).append('\n');
      }
    }
  }

  private static List<String> row(String name, ProviderCapabilities capabilities) {
    List<String> row = new ArrayList<>();
    row.add(name);
    capabilities.asMap().values().forEach(able -> row.add(able ? "Y" : "-"));
    return row;
  }

  private static void appendHints(StringBuilder text, List<ProviderStatus> all) {
    text.append("\n💡 To configure a provider:\n");
    for (ProviderStatus status : all) {
      if (!status.setupHint().isEmpty()) {
        text.append("  %s: %s%n".formatted(status.name(), Printable.line(status.setupHint())));
      }
    }
  }

  private String json(List<ProviderStatus> all) {
    Optional<ProviderChoice> choice = choice();
    List<Map<String, Object>> array = new ArrayList<>();
    for (ProviderStatus status : all) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("name", status.name());
      object.put("configured", status.configured());
      object.put("reason", status.reason());
      object.put("default", choice.filter(c -> c.name().equals(status.name())).isPresent());
      object.put("auth", status.requirement());
      object.put("description", status.description());
      object.put("setup", status.setupHint());
      object.put("experimental", status.experimental());
      if (capabilities) {
        object.put("capabilities", capabilities(status).map(ProviderCapabilities::asMap));
      }
      array.add(object);
    }
    return Json.document(array);
  }

  private Optional<ProviderChoice> choice() {
    try {
      return Optional.of(console.sandboxes().choice());
    } catch (SandboxException e) {
      console.explain("no default: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** Known only of those that can be opened: they say what they can do here and now. */
  private Optional<ProviderCapabilities> capabilities(ProviderStatus status) {
    if (!status.configured()) {
      return Optional.empty();
    }
    try {
      return Optional.of(console.sandboxes().provider(status.name()).capabilities());
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      console.complain(
          "⚠️  %s: %s".formatted(status.name(), Printable.line(String.valueOf(e.getMessage()))));
      return Optional.empty();
    }
  }
}
