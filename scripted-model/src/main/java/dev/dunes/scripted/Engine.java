package dev.dunes.scripted;

import dev.dunes.scripted.Transcript.Part;
import dev.dunes.scripted.Transcript.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the reply to a request. It looks at the request alone, never at what came before, and never
 * at system prompts or names of models, which change between releases of agents.
 */
final class Engine {
  private static final Pattern MARKER = Pattern.compile("\\[\\[([A-Za-z0-9_-]+)]]");
  private static final Pattern DIRECTORY = Pattern.compile("\\[\\[cwd:([^\\]]+)]]");
  private static final Pattern SUBAGENT = Pattern.compile("\\[\\[subtype:([^\\]]+)]]");

  /** What agents put around the words of the user, in a text of its own or before them. */
  private static final Pattern REMINDER = Pattern.compile("(?s)<([a-z][a-z_-]+)>.*?</\\1>");

  private static final String TITLE = "Scripted title";
  private static final String OTHERWISE =
      "This is the scripted model: it plays scenarios such as [[hello]] and has no answer to that.";

  private final Optional<Long> seed;

  Engine(Optional<Long> seed) {
    this.seed = seed;
  }

  /** What is to be played. */
  private record Choice(Scenario scenario, int step) {}

  Reply reply(Script script, Protocol protocol, ModelRequest request) {
    Transcript transcript = request.transcript();
    Optional<Choice> marked = marked(script, transcript);
    Optional<Choice> choice = marked.or(() -> ruled(script, transcript));
    Ids ids =
        Ids.of(
            seed,
            choice.map(c -> c.scenario().name()).orElse(""),
            choice.map(Choice::step).orElse(0),
            transcript.size(),
            request.model());
    if (request.probe()) {
      return saying(request, ids, "1");
    }
    boolean structured = choice.filter(c -> c.scenario().isStructured()).isPresent();
    if (request.schema().isPresent() && !structured) {
      return saying(request, ids, SchemaSample.of(request.schema().get()).toString());
    }
    boolean textOnly = choice.filter(c -> c.scenario().isTextOnly() || structured).isPresent();
    if (request.tools().isEmpty() && !textOnly) {
      return saying(request, ids, TITLE);
    }
    return choice
        .map(c -> play(c, protocol, request, ids))
        .orElseGet(() -> saying(request, ids, OTHERWISE));
  }

  /** The last marker that names a scenario. */
  private static Optional<Choice> marked(Script script, Transcript transcript) {
    List<Part> parts = transcript.parts();
    for (int i = parts.size() - 1; i >= 0; i--) {
      if (parts.get(i).role() != Role.USER) {
        continue;
      }
      Optional<Scenario> last =
          MARKER
              .matcher(parts.get(i).text())
              .results()
              .map(marker -> script.scenario(marker.group(1)))
              .flatMap(Optional::stream)
              .reduce((_, later) -> later);
      if (last.isPresent()) {
        return Optional.of(choice(last.get(), transcript, i));
      }
    }
    return Optional.empty();
  }

  /** The first rule that fits a text of the current turn, the latest text first. */
  private static Optional<Choice> ruled(Script script, Transcript transcript) {
    List<Part> parts = transcript.parts();
    for (int i = parts.size() - 1; i > transcript.lastEnd(); i--) {
      Part part = parts.get(i);
      if (part.role() != Role.USER) {
        continue;
      }
      String words = REMINDER.matcher(part.text()).replaceAll(" ");
      for (Rule rule : script.rules()) {
        Matcher matcher = rule.when().matcher(words);
        if (matcher.find()) {
          MatchResult match = matcher.toMatchResult();
          Scenario scenario = new Scenario(rule.name(), rule.then().apply(match));
          return Optional.of(choice(scenario, transcript, i));
        }
      }
    }
    return Optional.empty();
  }

  private static Choice choice(Scenario scenario, Transcript transcript, int at) {
    return new Choice(scenario, scenario.step(transcript.resultsAfter(at)));
  }

  private static Reply play(Choice choice, Protocol protocol, ModelRequest request, Ids ids) {
    Toolbox toolbox =
        new Toolbox(
            request.tools(),
            ids,
            protocol.callPrefix(),
            argument(request.transcript(), DIRECTORY),
            argument(request.transcript(), SUBAGENT));
    List<Block> blocks = new ArrayList<>();
    for (Step step : choice.scenario().answers().get(choice.step()).steps()) {
      if (step instanceof Step.Refusal refusal) {
        return reply(choice, request, ids, List.of(), refusal.status());
      }
      blocks.add(toolbox.block(step));
    }
    return reply(choice, request, ids, blocks, 0);
  }

  private static Reply reply(
      Choice choice, ModelRequest request, Ids ids, List<Block> blocks, int refusal) {
    return new Reply(
        choice.scenario().name(), choice.step(), request.model(), ids, blocks, refusal);
  }

  private static Reply saying(ModelRequest request, Ids ids, String text) {
    return new Reply("", 0, request.model(), ids, List.of(Block.Said.of(text)), 0);
  }

  /** The last such marker in a text of the user. */
  private static Optional<String> argument(Transcript transcript, Pattern marker) {
    return transcript.parts().stream()
        .filter(part -> part.role() == Role.USER)
        .flatMap(part -> marker.matcher(part.text()).results())
        .map(match -> match.group(1))
        .reduce((_, later) -> later);
  }
}
