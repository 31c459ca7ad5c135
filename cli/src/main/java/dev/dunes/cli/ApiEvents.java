package dev.dunes.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Events of a session. */
final class ApiEvents {
  private ApiEvents() {}

  private static String query(Optional<Long> offset, Optional<Long> limit, boolean raw) {
    List<String> query = new ArrayList<>();
    offset.ifPresent(value -> query.add("offset=" + counted("--offset", value)));
    limit.ifPresent(value -> query.add("limit=" + counted("--limit", value)));
    if (raw) {
      query.add("include_raw=true");
    }
    return query.isEmpty() ? "" : "?" + String.join("&", query);
  }

  private static long counted(String option, long value) {
    if (value < 0) {
      throw Failure.usage("%s: '%d' cannot be used; use 0 or more".formatted(option, value), "");
    }
    return value;
  }

  /** GET /v1/sessions/{id}/events. */
  @Command(description = {"Prints the events there are.", ""})
  static final class Page extends ApiCall {
    @Parameters(paramLabel = "ID", description = "The session.")
    private String id = "";

    @Option(
        names = {"-o", "--offset"},
        paramLabel = "N",
        description = "Those after this sequence (default: 0).")
    private Optional<Long> offset = Optional.empty();

    @Option(
        names = {"-l", "--limit"},
        paramLabel = "N",
        description = "At most so many.")
    private Optional<Long> limit = Optional.empty();

    @Option(names = "--include-raw", description = "With what the agent itself wrote.")
    private boolean raw;

    Page(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "GET " + path("sessions", id, "events") + query(offset, limit, raw);
    }
  }

  /** GET /v1/sessions/{id}/events/sse. */
  @Command(description = {"Prints the events there are and those that follow, as they come.", ""})
  static final class Follow extends ApiCall {
    @Parameters(paramLabel = "ID", description = "The session.")
    private String id = "";

    @Option(
        names = {"-o", "--offset"},
        paramLabel = "N",
        description = "Those after this sequence (default: 0).")
    private Optional<Long> offset = Optional.empty();

    @Option(names = "--include-raw", description = "With what the agent itself wrote.")
    private boolean raw;

    Follow(Console console, ApiTarget target) {
      super(console, target);
    }

    @Override
    String operation() {
      return "GET " + path("sessions", id, "events", "sse") + query(offset, Optional.empty(), raw);
    }

    @Override
    boolean streams() {
      return true;
    }
  }
}
