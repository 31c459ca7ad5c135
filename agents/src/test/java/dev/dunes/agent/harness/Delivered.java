package dev.dunes.agent.harness;

import dev.dunes.agent.AgentCapabilities;
import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * What an agent has really delivered: the capabilities that its events prove. It must have been
 * asked to do everything: think, run {@code echo thought}, change a file, ask for permission and
 * otherwise, use a tool that answers {@code pong}, and fail.
 */
public final class Delivered {
  private final List<AgentEvent> events = new ArrayList<>();

  public void add(Transcript transcript) {
    events.addAll(transcript.events());
  }

  /**
   * @param planMode whether a plan was made without changing anything
   * @param images whether a picture has reached the model
   * @param fileAttachments whether a file has reached the model
   */
  public AgentCapabilities capabilities(boolean planMode, boolean images, boolean fileAttachments) {
    return new AgentCapabilities(
        planMode,
        any(AgentEvent.PermissionRequested.class),
        any(AgentEvent.QuestionRequested.class),
        part(ContentPart.ToolCall.class, call -> true),
        part(ContentPart.ToolResult.class, result -> true),
        part(ContentPart.Text.class, text -> true),
        images,
        fileAttachments,
        any(AgentEvent.SessionStarted.class),
        any(AgentEvent.Failed.class),
        part(ContentPart.Reasoning.class, thought -> !thought.text().isEmpty()),
        part(ContentPart.Status.class, status -> true),
        part(ContentPart.ToolCall.class, call -> call.arguments().contains("echo thought")),
        part(ContentPart.FileRef.class, file -> file.diff().isPresent()),
        part(ContentPart.ToolResult.class, result -> result.output().contains("pong")),
        any(AgentEvent.ItemDelta.class),
        events.stream()
            .anyMatch(event ->
                event instanceof AgentEvent.ItemStarted started
                    && started.item().role().filter(UniversalItem.Role.USER::equals).isPresent()),
        false);
  }

  private boolean any(Class<? extends AgentEvent> type) {
    return events.stream().anyMatch(type::isInstance);
  }

  private <T extends ContentPart> boolean part(Class<T> type, Predicate<T> test) {
    return events.stream()
        .filter(AgentEvent.ItemCompleted.class::isInstance)
        .flatMap(event -> ((AgentEvent.ItemCompleted) event).item().content().stream())
        .filter(type::isInstance)
        .map(type::cast)
        .anyMatch(test);
  }
}
