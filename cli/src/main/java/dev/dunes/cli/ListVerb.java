package dev.dunes.cli;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxListing;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ds list}: the sandboxes there are. */
@CommandLine.Command(
    description = {"Lists sandboxes of all providers that can be used, or of one.", ""},
    footerHeading = "%nExamples:%n",
    footer = {"  ds list", "  ds list -p local -l job=build", "  ds list --json"})
final class ListVerb implements Verb {
  private static final int ID_WIDTH = 20;
  private static final int LABELS_WIDTH = 30;

  private final Console console;

  @Option(
      names = {"-p", "--provider"},
      paramLabel = "NAME",
      description = "Only those of this provider.")
  private Optional<String> provider = Optional.empty();

  @Option(
      names = {"-l", "--label"},
      paramLabel = "KEY=VALUE",
      description = "Only those with this label. May be repeated.")
  private List<String> labels = new ArrayList<>();

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  ListVerb(Console console) {
    this.console = console;
  }

  @Override
  public int run() {
    Map<String, String> wanted = KeyValues.parse("--label", labels);
    SandboxListing listing = listing(wanted);
    listing.errors().forEach(this::complain);
    boolean noneAnswered =
        !listing.errors().isEmpty()
            && listing.errors().size() == console.sandboxes().usableProviders().size();
    if (!noneAnswered || json) {
      console.print(json ? json(listing.sandboxes()) : table(listing.sandboxes()));
    }
    return noneAnswered ? ExitCodes.ERROR : ExitCodes.OK;
  }

  private SandboxListing listing(Map<String, String> wanted) {
    if (provider.isEmpty()) {
      return console.sandboxes().listing(wanted);
    }
    String name = new Places(console).provider(provider);
    return new SandboxListing(console.sandboxes().list(name, wanted), Map.of());
  }

  private void complain(String name, SandboxException error) {
    console.complain(
        "⚠️  %s: %s".formatted(name, Printable.line(String.valueOf(error.getMessage()))));
  }

  private String json(List<SandboxInfo> sandboxes) {
    List<Map<String, Object>> array = new ArrayList<>();
    for (SandboxInfo info : sandboxes) {
      Map<String, Object> object = new LinkedHashMap<>();
      object.put("id", info.id());
      object.put("provider", info.provider());
      object.put("state", info.state().wireName());
      object.put("labels", new TreeMap<>(info.labels()));
      if (console.verbose()) {
        object.put("createdAt", info.createdAt());
        object.put("deadline", info.deadline());
        object.put("isolation", info.isolation().wireName());
        object.put("metadata", new TreeMap<>(info.metadata()));
      }
      array.add(object);
    }
    return Json.document(array);
  }

  private String table(List<SandboxInfo> sandboxes) {
    if (sandboxes.isEmpty()) {
      return "No sandboxes found\n";
    }
    List<String> headings = new ArrayList<>(List.of("ID", "Provider", "State", "Labels"));
    if (console.verbose()) {
      headings.addAll(List.of("Isolation", "Created", "Deadline"));
    }
    Table table = new Table(headings);
    for (SandboxInfo info : sandboxes) {
      table.row(row(info));
    }
    return table.text(console.style()) + "\n📦 Total: %d sandboxes\n".formatted(sandboxes.size());
  }

  private List<String> row(SandboxInfo info) {
    String labelled = info.labels().isEmpty() ? "" : Json.line(new TreeMap<>(info.labels()));
    List<String> row =
        new ArrayList<>(
            List.of(
                cut(info.id(), ID_WIDTH),
                info.provider(),
                info.state().wireName(),
                cut(labelled, LABELS_WIDTH)));
    if (console.verbose()) {
      row.set(0, info.id());
      row.set(3, labelled);
      row.add(info.isolation().wireName());
      row.add(time(info.createdAt()));
      row.add(time(info.deadline()));
    }
    return row;
  }

  private static String time(Optional<Instant> time) {
    return time.map(t -> Instant.ofEpochSecond(t.getEpochSecond()).toString()).orElse("-");
  }

  /** At most so many characters, none of them halved. */
  private static String cut(String text, int width) {
    return text.codePointCount(0, text.length()) <= width
        ? text
        : text.substring(0, text.offsetByCodePoints(0, width));
  }
}
