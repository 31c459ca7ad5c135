package dev.dunes.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.scripted.Answer;
import dev.dunes.scripted.Rule;
import dev.dunes.scripted.Script;
import dev.dunes.scripted.ScriptedModel;
import dev.dunes.scripted.Step;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Makes the recording that {@code ds demo} plays: the real agent in a real sandbox, its model the
 * scripted one. To be run again when another version of the agent is pinned.
 */
final class DemoRecorder {
  private static final Duration THINKING = Duration.ofMillis(1200);

  private DemoRecorder() {}

  /** Writes the recording to a file, which must not exist. */
  public static void main(String[] arguments) throws IOException {
    record(Path.of(arguments[0]), Files.createTempDirectory("demo-recorder"), THINKING);
    System.exit(0); // sandboxes are served by threads that stay
  }

  /**
   * @param scratch where files that the agent makes go
   */
  static void record(Path cassette, Path scratch, Duration thinking) throws IOException {
    try (ScriptedModel model = ScriptedModel.builder().latency(thinking).seed(1).start()) {
      model.add(new Script(Map.of(), List.of(rule())));
      Map<String, String> environment = new HashMap<>(System.getenv());
      environment.put("ANTHROPIC_BASE_URL", model.uri().toString());
      environment.put("ANTHROPIC_API_KEY", "played");
      Console console = Console.ofThisProcess("ds", Interruption.none());
      RunTally tally =
          new Asking(console, Optional.of(scratch), false)
              .ask(
                  new LocalRuns(console, scratch, environment, Demo.recording(cassette))
                      .starter(Question.of(Demo.PROMPT)));
      if (!tally.completed()) {
        throw new IllegalStateException("the run did not come to its end: " + tally);
      }
    }
  }

  private static Rule rule() throws IOException {
    String program = program().replace("y <= height", "y < height");
    List<Answer> answers =
        List.of(
            Answer.of(
                new Step.Text(
                    "I'll draw three crests of dunes in front of each other, and a sun. A small awk"
                        + " program will do: it runs on nearly every machine."),
                new Step.Write("dunes.awk", program)),
            Answer.of(
                new Step.Text("Now I run it and count the lines of the picture."),
                new Step.Shell("awk -f dunes.awk > dunes.txt && wc -l < dunes.txt")),
            Answer.of(
                new Step.Text(
                    "19 lines, one too few: the loop ends before the last line. I'll let it include"
                        + " `height`."),
                new Step.Edit("dunes.awk", "y < height", "y <= height")),
            Answer.of(new Step.Shell("awk -f dunes.awk > dunes.txt && wc -l < dunes.txt")),
            Answer.of(
                new Step.Text(
                    "Done. `dunes.awk` draws the dunes, `dunes.txt` has the picture: 20 lines, as"
                        + " asked. The first version drew 19; the end of its loop was wrong, and is"
                        + " mended.")));
    return new Rule("dunes", Pattern.compile("desert dunes"), match -> answers);
  }

  private static String program() throws IOException {
    try (InputStream file = DemoRecorder.class.getResourceAsStream("/demo/dunes.awk")) {
      if (file == null) {
        throw new IllegalStateException("demo/dunes.awk is missing");
      }
      return new String(file.readAllBytes(), UTF_8);
    }
  }
}
