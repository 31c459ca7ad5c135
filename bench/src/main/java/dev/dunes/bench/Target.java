package dev.dunes.bench;

import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * What was promised.
 *
 * @param what in words
 * @param limit in words
 * @param measured what came out, in words; empty when it was not measured
 * @param reached whether it was kept
 */
record Target(String what, String limit, String measured, boolean reached) {
  private static final String DUNES = DunesEngine.NAME;

  /** All of them, those that were not measured left out. Medians, where nothing else is said. */
  static List<Target> of(Results results) {
    return List.of(
            ratio(results),
            atMost(
                results,
                "create → result of `/bin/true`",
                "create",
                CreateScenario.RUN,
                10,
                Unit.MILLISECONDS),
            atMost(
                results,
                "exec in a live sandbox",
                "exec",
                ExecScenario.EXEC,
                1.5,
                Unit.MILLISECONDS),
            containerRatio(results),
            atMost(
                results,
                DunesDockerEngine.NAME,
                "exec in a live container of the Docker provider",
                "exec",
                ExecScenario.EXEC,
                3,
                Unit.MILLISECONDS),
            atMost(results, "claim from a pool", "pool", PoolScenario.CLAIM, 1, Unit.MILLISECONDS),
            atLeast(
                results,
                "isolated runs per second",
                "throughput",
                ThroughputScenario.PARALLEL,
                150,
                Unit.PER_SECOND),
            memory(results, MemoryScenario.TOTAL, "added up"),
            memory(results, MemoryScenario.FALL, "by MemAvailable"),
            atLeast(
                results,
                "file write through the API",
                "files",
                FilesScenario.WRITE,
                500,
                Unit.MEGABYTES_PER_SECOND),
            atLeast(
                results,
                "file read through the API",
                "files",
                FilesScenario.READ,
                500,
                Unit.MEGABYTES_PER_SECOND),
            atMost(
                results,
                "added by the gateway, median",
                "gateway",
                GatewayScenario.ADDED_P50,
                1,
                Unit.MILLISECONDS),
            atMost(
                results,
                "added by the gateway, p99",
                "gateway",
                GatewayScenario.ADDED_P99,
                5,
                Unit.MILLISECONDS),
            atLeast(
                results,
                "requests through the gateway",
                "gateway",
                GatewayScenario.RATE,
                4000,
                Unit.REQUESTS_PER_SECOND),
            atMost(
                results,
                "added to a prompt before its model is asked",
                "prompt",
                PromptScenario.ADDED,
                30,
                Unit.MILLISECONDS),
            atMost(
                results,
                "`ds \"…\"`, until its sandbox is open",
                "ask",
                AskScenario.SANDBOX,
                400,
                Unit.MILLISECONDS),
            atMost(
                results,
                "live heap of an open `/query` stream, of 1,000",
                "streams",
                StreamsScenario.HEAP,
                100,
                Unit.KILOBYTES),
            atMost(
                results,
                "platform threads for 1,000 open `/query` streams",
                "streams",
                StreamsScenario.THREADS,
                20,
                Unit.COUNT),
            atLeast(
                results,
                "small events from an agent to one client",
                "events",
                EventsScenario.RATE,
                100_000,
                Unit.EVENTS_PER_SECOND),
            atMost(
                results,
                "events lost on the way to one client",
                "events",
                EventsScenario.LOST,
                0,
                Unit.COUNT),
            atMost(
                results,
                "events lost on the way to 1,000 followers of a session",
                "events",
                EventsScenario.FOLLOWERS_LOST,
                0,
                Unit.COUNT),
            atMost(
                results,
                "append to delivery at 5,000 events/s, p99",
                "events",
                EventsScenario.DELIVERY,
                10,
                Unit.MILLISECONDS),
            atLeast(
                results,
                "replay of 1,000,000 events",
                "events",
                EventsScenario.REPLAY,
                200_000,
                Unit.EVENTS_PER_SECOND),
            atMost(
                results,
                "create and first command by the SDK of E2B",
                "e2b",
                E2bScenario.FIRST,
                20,
                Unit.MILLISECONDS),
            rarely(
                results,
                "create and first command by the SDK of E2B, p95",
                "e2b",
                E2bScenario.FIRST,
                40,
                Unit.MILLISECONDS),
            atMost(
                results,
                "command in a live sandbox by the SDK of E2B",
                "e2b",
                E2bScenario.COMMAND,
                5,
                Unit.MILLISECONDS),
            atMost(
                results,
                "100 sandboxes created at once by the SDK of E2B",
                "e2b",
                E2bScenario.CROWD,
                2000,
                Unit.MILLISECONDS),
            atMost(
                results,
                "resume of a frozen sandbox by the SDK of E2B",
                "e2b",
                E2bScenario.RESUME,
                10,
                Unit.MILLISECONDS),
            atLeast(
                results,
                "upload of 64 MB by the SDK of E2B",
                "e2b",
                E2bScenario.UPLOAD,
                300,
                Unit.MEGABYTES_PER_SECOND),
            atLeast(
                results,
                "download of 64 MB by the SDK of E2B",
                "e2b",
                E2bScenario.DOWNLOAD,
                300,
                Unit.MEGABYTES_PER_SECOND),
            atMost(
                results,
                "`ds serve`, until it answers",
                "serve",
                ServeScenario.READY,
                500,
                Unit.MILLISECONDS),
            atMost(results, "`ds --version`", "cli", CliScenario.VERSION, 150, Unit.MILLISECONDS),
            atMost(results, "`ds run true`", "cli", CliScenario.RUN, 300, Unit.MILLISECONDS))
        .stream()
        .filter(target -> !target.measured().isEmpty())
        .toList();
  }

  private static Target ratio(Results results) {
    OptionalDouble ratio =
        results.sections().stream()
            .filter(section -> section.scenario() instanceof CreateScenario)
            .flatMapToDouble(section ->
                results.find("create", CreateScenario.RUN, DUNES).stream()
                    .flatMapToDouble(series -> Results.ratio(section, series).stream()))
            .findFirst();
    String measured = ratio.isPresent() ? times(ratio.getAsDouble()) : "";
    return new Target(
        "create → result of `/bin/true`, beside plain bubblewrap",
        "≤ 2×",
        measured,
        ratio.orElse(9) <= 2);
  }

  private static Target containerRatio(Results results) {
    OptionalDouble ratio =
        results
            .find("create", CreateScenario.RUN, DunesDockerEngine.NAME)
            .flatMap(ours ->
                results
                    .find("create", CreateScenario.RUN, DockerEngine.NAME)
                    .map(docker -> OptionalDouble.of(ours.p50() / docker.p50())))
            .orElse(OptionalDouble.empty());
    return new Target(
        "container of the Docker provider → result of `/bin/true`, beside `docker run`",
        "≤ 1.3×",
        ratio.isPresent() ? times(ratio.getAsDouble()) : "",
        ratio.orElse(9) <= 1.3);
  }

  private static Target atMost(
      Results results, String what, String scenario, String measure, double limit, Unit unit) {
    return atMost(results, DUNES, what, scenario, measure, limit, unit);
  }

  private static Target atMost(
      Results results,
      String engine,
      String what,
      String scenario,
      String measure,
      double limit,
      Unit unit) {
    return results
        .find(scenario, measure, engine)
        .map(found ->
            new Target(
                what, "≤ " + limit(limit, unit), unit.format(found.p50()), found.p50() <= limit))
        .orElse(new Target(what, limit(limit, unit), "", false));
  }

  /** Of the slow ones: 95 of 100 are faster. Not measured with fewer than 20 samples. */
  private static Target rarely(
      Results results, String what, String scenario, String measure, double limit, Unit unit) {
    String allowed = "≤ " + limit(limit, unit);
    OptionalDouble slow =
        results.find(scenario, measure, DUNES).map(Series::p95).orElse(OptionalDouble.empty());
    return slow.isPresent()
        ? new Target(what, allowed, unit.format(slow.getAsDouble()), slow.getAsDouble() <= limit)
        : new Target(what, allowed, "", false);
  }

  /** What shrinks while 500 are made has been disturbed by something else. */
  private static Target memory(Results results, String measure, String how) {
    Target target =
        atMost(
            results, "memory of an idle sandbox, " + how, "memory", measure, 1.5, Unit.MEGABYTES);
    return target.measured().startsWith("-")
        ? new Target(target.what(), target.limit(), "disturbed", false)
        : target;
  }

  private static Target atLeast(
      Results results, String what, String scenario, String measure, double limit, Unit unit) {
    return results
        .find(scenario, measure, DUNES)
        .map(found ->
            new Target(
                what, "≥ " + limit(limit, unit), unit.format(found.p50()), found.p50() >= limit))
        .orElse(new Target(what, limit(limit, unit), "", false));
  }

  private static String limit(double limit, Unit unit) {
    String number =
        limit == Math.rint(limit) ? Long.toString((long) limit) : Double.toString(limit);
    return (number + " " + unit.symbol()).strip();
  }

  static String times(double ratio) {
    return String.format(Locale.ROOT, "%.2f×", ratio);
  }
}
