package dev.dunes.agent.harness;

import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.PermissionPolicy;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.scripted.Fault;
import dev.dunes.scripted.RecordedRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;

/**
 * Has a real agent do one of everything against the scripted model, and says by what came of it
 * what it can do: a flag is true when it was shown, and false when it was not.
 */
public final class CapabilityTrial {
  private static final String FILE = "/home/user/report.csv";

  private final RealAgent agent;
  private final UnaryOperator<AgentOptions.Builder> usual;
  private final UnaryOperator<AgentOptions.Builder> changing;
  private final String change;
  private final List<Transcript> all = new ArrayList<>();

  /**
   * @param usual what every session is opened with
   * @param changing what the session is opened with that changes a file
   * @param change the prompt on which it does
   */
  public CapabilityTrial(
      RealAgent agent,
      UnaryOperator<AgentOptions.Builder> usual,
      UnaryOperator<AgentOptions.Builder> changing,
      String change) {
    this.agent = agent;
    this.usual = usual;
    this.changing = changing;
    this.change = change;
  }

  /** Runs it all. */
  public AgentCapabilities run() {
    Transcript command = turn(usual, new Prompt("Please do [[hello]]"));
    turn(usual, new Prompt("Plan [[text]]"));
    int before = plans();
    turn(o -> usual.apply(o).mode("plan"), new Prompt("Plan [[text]]"));
    boolean plans = plans() > before;
    turn(
        usual,
        new Prompt(
            "Look [[text]]",
            List.of(
                new Attachment.Image("image/png", Pictures.PNG),
                new Attachment.File(FILE, Optional.empty()))));
    boolean images = body().contains(Base64.getEncoder().encodeToString(Pictures.PNG));
    boolean files = body().contains(FILE);
    turn(usual, new Prompt("Ask [[ask]]"));
    turn(usual, new Prompt("Do [[think]]"));
    Transcript changed = turn(changing, new Prompt(change));
    JsonNode servers = McpServer.in(agent.sandbox);
    Transcript mcp = turn(o -> usual.apply(o).mcpServers(servers), new Prompt("Use [[mcp]]"));
    agent.model.fail(Fault.hopeless(400), 1);
    turn(usual, new Prompt("Say [[text]]"));
    return new AgentCapabilities(
        plans,
        any(AgentEvent.PermissionRequested.class),
        any(AgentEvent.QuestionRequested.class),
        part(ContentPart.ToolCall.class, call -> true),
        part(ContentPart.ToolResult.class, result -> !result.output().isEmpty()),
        part(ContentPart.Text.class, text -> text.text().contains("Done. hello.txt")),
        images,
        files,
        any(AgentEvent.SessionStarted.class),
        any(AgentEvent.Failed.class),
        part(ContentPart.Reasoning.class, thought -> thought.text().contains("Let me think")),
        part(ContentPart.Status.class, status -> true),
        command.results().contains("hi"),
        changed.parts(ContentPart.FileRef.class).stream().anyMatch(file -> file.diff().isPresent()),
        mcp.results().contains("pong"),
        any(AgentEvent.ItemDelta.class),
        saysWhatTheUserSaid(),
        oneProcessForTwoSessions());
  }

  private Transcript turn(UnaryOperator<AgentOptions.Builder> options, Prompt prompt) {
    try (AgentSession session =
        agent.open(o -> options.apply(o.permissions(PermissionPolicy.ASK).partialMessages(true)))) {
      session.send(prompt);
      Transcript transcript = Transcript.turn(session, answering(session));
      all.add(transcript);
      return transcript;
    }
  }

  private static Consumer<AgentOutput> answering(AgentSession session) {
    return Answering.questions(session, "Blue");
  }

  /** How often the model was told of a plan mode in its last request. */
  private int plans() {
    return body().toLowerCase(Locale.ROOT).split("plan mode", -1).length;
  }

  /** What the models were sent last. */
  private String body() {
    RecordedRequest last = agent.model.requests().getLast();
    return new String(last.body(), StandardCharsets.UTF_8);
  }

  private boolean any(Class<? extends AgentEvent> type) {
    return all.stream().anyMatch(transcript -> !transcript.events(type).isEmpty());
  }

  private interface Shows<T> {
    boolean test(T part);
  }

  private <T extends ContentPart> boolean part(Class<T> type, Shows<T> shows) {
    return all.stream()
        .flatMap(transcript -> transcript.parts(type).stream())
        .anyMatch(shows::test);
  }

  private boolean saysWhatTheUserSaid() {
    return all.stream()
        .flatMap(transcript -> transcript.events(AgentEvent.ItemStarted.class).stream())
        .anyMatch(started -> started.item().role().equals(Optional.of(UniversalItem.Role.USER)));
  }

  private boolean oneProcessForTwoSessions() {
    try (AgentSession one = agent.open(usual);
        AgentSession two = agent.open(usual)) {
      long running =
          agent.processes().stream()
              .filter(line -> line.startsWith("/opt/dunes/agents/" + agent.agent.id()))
              .count();
      return running < List.of(one, two).size();
    }
  }
}
