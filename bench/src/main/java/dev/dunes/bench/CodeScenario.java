package dev.dunes.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How long a run of code takes in a context that is warm. */
final class CodeScenario implements Scenario {
  private static final Pattern ID = Pattern.compile("\"sandboxID\":\"([a-z0-9]+)\"");
  private static final Pattern TOKEN = Pattern.compile("\"envdAccessToken\":\"([^\"]+)\"");
  private static final int WARM_UP = 20;
  private static final Map<String, String> CODE =
      Map.of("python", "6 * 7", "javascript", "6 * 7", "bash", "echo 42");

  @Override
  public String name() {
    return "code";
  }

  @Override
  public String title() {
    return "The code interpreter";
  }

  @Override
  public String method() {
    return "`POST /execute` of `6 * 7` (`echo 42` in bash) at port 49999 of a sandbox, from the request to the last line of its answer, over HTTP on loopback. The context has"
        + " run code before; its first run, which starts its kernel, is given too.";
  }

  @Override
  public List<Series> run(Bench bench) throws IOException, InterruptedException {
    SeriesBuilder series = new SeriesBuilder(DunesEngine.NAME);
    Path directory = Trees.directory(bench.scratch().resolve("code"), "rwxr-xr-x");
    try (SessionServer server =
        SessionServer.start(
            bench.root().resolve("ds").toString(),
            directory,
            Map.of("DUNES_STATE", bench.state().toString()))) {
      String answer = server.ask("POST", "/sandboxes", "{\"templateID\":\"base\",\"timeout\":600}");
      Made made = new Made(only(ID, answer), only(TOKEN, answer));
      try {
        for (String language : List.of("python", "javascript", "bash")) {
          measure(bench, series, server, made, language);
        }
      } finally {
        server.ask("DELETE", "/sandboxes/" + made.id(), "");
      }
    }
    return series.build();
  }

  /**
   * A sandbox.
   *
   * @param token that its programs are asked with
   */
  private record Made(String id, String token) {}

  private static String only(Pattern pattern, String answer) throws IOException {
    Matcher found = pattern.matcher(answer);
    if (!found.find()) {
      throw new IOException("the server made no sandbox with an id and a token");
    }
    return found.group(1);
  }

  private static void measure(
      Bench bench, SeriesBuilder series, SessionServer server, Made made, String language)
      throws IOException {
    String body = "{\"language\":\"%s\",\"code\":\"%s\"}".formatted(language, CODE.get(language));
    series.add(
        "the first run, " + language,
        DunesEngine.NAME,
        Unit.MILLISECONDS,
        execute(server, made, body));
    int warmUp = bench.rounds(WARM_UP, 1);
    for (int round = -warmUp; round < bench.rounds(200, 5); round++) {
      double millis = execute(server, made, body);
      if (round >= 0) {
        series.add("a run, " + language, DunesEngine.NAME, Unit.MILLISECONDS, millis);
      }
    }
  }

  private static double execute(SessionServer server, Made made, String body) throws IOException {
    long start = System.nanoTime();
    String said =
        server.ask(
            "POST",
            "/execute",
            body,
            "e2b-sandbox-id",
            made.id(),
            "e2b-sandbox-port",
            "49999",
            "x-access-token",
            made.token());
    double millis = (System.nanoTime() - start) / 1e6;
    if (!said.contains("42") || said.contains("\"error\"")) {
      throw new IOException("the code did not run: " + said);
    }
    return millis;
  }
}
