package dev.dunes.cli;

import dev.dunes.session.SearchHit;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.Sessions;
import dev.dunes.session.TranscriptFormat;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ds sessions}: the sessions of a server, for people. */
@Command(
    description = {
      "Lists the sessions of a server, the newest first; `search`, `export` and `delete` do as they",
      "say. `ds attach` takes part in one, `ds api sessions` has every operation.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ds sessions",
      "  ds sessions search \"flaky test\"",
      "  ds sessions export s1 > s1.md",
      "  ds sessions delete s1"
    })
final class SessionsVerb implements Verb {
  private final Console console;

  @Mixin private ApiTarget target = new ApiTarget();

  @Option(names = "--json", description = "Print a JSON array.")
  private boolean json;

  SessionsVerb(Console console) {
    this.console = console;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("search", new Search(console, target));
    parts.put("export", new Export(console, target));
    parts.put("delete", new Delete(console, target));
    return parts;
  }

  @Override
  public int run() {
    return with(
        console,
        target,
        sessions -> {
          List<SessionInfo> all = sessions.list();
          console.print(
              json ? Json.document(all.stream().map(SessionsVerb::object).toList()) : table(all));
        });
  }

  private static int with(Console console, ApiTarget target, Consumer<Sessions> action) {
    try (Sessions sessions = target.sessions(console)) {
      action.accept(sessions);
      return ExitCodes.OK;
    } catch (SessionException e) {
      throw SessionFailures.of(e);
    }
  }

  private String table(List<SessionInfo> all) {
    if (all.isEmpty()) {
      return "No sessions\n";
    }
    Table table = new Table("ID", "Agent", "State", "Events", "Changed", "Title");
    for (SessionInfo info : all) {
      table.row(
          List.of(
              info.sessionId(),
              info.agent(),
              state(info),
              Long.toString(info.eventCount()),
              Instant.ofEpochSecond(info.updatedAt().getEpochSecond()).toString(),
              info.title().orElse("")));
    }
    return table.text(console.style());
  }

  private static String state(SessionInfo info) {
    return info.ended() ? "ended" : info.busy() ? "busy" : "idle";
  }

  private static Map<String, Object> object(SessionInfo info) {
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("sessionId", info.sessionId());
    object.put("agent", info.agent());
    object.put("state", state(info));
    object.put("eventCount", info.eventCount());
    object.put("title", info.title());
    object.put("createdAt", info.createdAt().toString());
    object.put("updatedAt", info.updatedAt().toString());
    return object;
  }

  /** {@code ds sessions search}. */
  @Command(description = {"Looks for words in what was said in all sessions.", ""})
  static final class Search implements Verb {
    private final Console console;
    private final ApiTarget target;

    @Parameters(paramLabel = "WORDS", description = "What to look for.")
    private String words = "";

    @Option(
        names = {"-l", "--limit"},
        paramLabel = "N",
        description = "At most so many places.")
    private Optional<Integer> limit = Optional.empty();

    Search(Console console, ApiTarget target) {
      this.console = console;
      this.target = target;
    }

    @Override
    public int run() {
      OptionalInt most = limit.map(OptionalInt::of).orElseGet(OptionalInt::empty);
      if (most.isPresent() && most.getAsInt() < 1) {
        throw Failure.usage("--limit: use 1 or more", "");
      }
      return with(
          console,
          target,
          sessions -> {
            List<SearchHit> hits = sessions.search(words, most);
            Table table = new Table("Session", "Event", "Text");
            hits.forEach(hit ->
                table.row(List.of(hit.sessionId(), Long.toString(hit.sequence()), hit.excerpt())));
            console.print(hits.isEmpty() ? "Nothing found\n" : table.text(console.style()));
          });
    }
  }

  /** {@code ds sessions export}. */
  @Command(description = {"Prints what was said in a session: Markdown, or JSON.", ""})
  static final class Export implements Verb {
    private final Console console;
    private final ApiTarget target;

    @Parameters(paramLabel = "SESSION", description = "The session's id.")
    private String id = "";

    @Option(names = "--json", description = "Print one JSON object.")
    private boolean json;

    Export(Console console, ApiTarget target) {
      this.console = console;
      this.target = target;
    }

    @Override
    public int run() {
      TranscriptFormat format = json ? TranscriptFormat.JSON : TranscriptFormat.MARKDOWN;
      return with(
          console,
          target,
          sessions -> {
            String text = sessions.get(id).transcript(format);
            console.print(console.terminals().out() ? harmless(text) : text);
            console.print(text.endsWith("\n") ? "" : "\n");
          });
    }

    private static String harmless(String text) {
      StringBuilder shown = new StringBuilder(text.length());
      for (String line : text.split("\n", -1)) {
        shown
            .append(shown.isEmpty() ? "" : "\n")
            .append(Printable.line(line.replace("\t", "    ")));
      }
      return shown.toString();
    }
  }

  /** {@code ds sessions delete}. */
  @Command(description = {"Ends sessions and removes what is kept of them.", ""})
  static final class Delete implements Verb {
    private final Console console;
    private final ApiTarget target;

    @Parameters(arity = "1..*", paramLabel = "SESSION", description = "Their ids.")
    private List<String> ids = List.of();

    Delete(Console console, ApiTarget target) {
      this.console = console;
      this.target = target;
    }

    @Override
    public int run() {
      return with(console, target, sessions -> ids.forEach(id -> sessions.get(id).delete()));
    }
  }
}
