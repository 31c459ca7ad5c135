package dev.dunes.agent.acp;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.ContentPart.Visibility;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import dev.dunes.agent.drive.Json;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Puts pieces of text together. An item ends when another id, another sort of piece or something
 * else comes; pieces without an id belong together until then.
 */
final class AcpText {
  private final String prefix;
  private final boolean pieces;
  private final StringBuilder open = new StringBuilder();
  private Optional<Sort> sort = Optional.empty();
  private String messageId = "";
  private String itemId = "";
  private int items;
  private Optional<String> last = Optional.empty();

  /** What is being written. */
  enum Sort {
    MESSAGE,
    THOUGHT
  }

  /**
   * @param prefix what thoughts begin with, left out
   * @param pieces whether pieces are told, too
   */
  AcpText(String prefix, boolean pieces) {
    this.prefix = prefix;
    this.pieces = pieces;
  }

  /** A turn begins. */
  void begin() {
    last = Optional.empty();
  }

  /** A piece. */
  void piece(Sort of, JsonNode update, List<AgentEvent> events) {
    String id = Json.text(update, "messageId", "");
    String more = AcpContent.text(update.path("content"));
    boolean goesOn =
        sort.equals(Optional.of(of))
            && id.equals(messageId)
            && open.length() + more.length() <= AcpLimits.MESSAGE;
    if (!goesOn) {
      close(events);
      start(of, id, events);
    }
    open.append(more);
    if (pieces && of == Sort.MESSAGE && !more.isEmpty()) {
      events.add(new AgentEvent.ItemDelta("", Optional.of(itemId), more));
    }
  }

  private void start(Sort of, String id, List<AgentEvent> events) {
    sort = Optional.of(of);
    messageId = id;
    itemId = (id.isEmpty() ? "message" : id) + ":" + items++;
    if (pieces && of == Sort.MESSAGE) {
      events.add(
          new AgentEvent.ItemStarted(
              new UniversalItem(
                  "",
                  Optional.of(itemId),
                  Optional.empty(),
                  Kind.MESSAGE,
                  Optional.of(Role.ASSISTANT),
                  List.of(),
                  Status.IN_PROGRESS)));
    }
  }

  /** What is open is complete. */
  void close(List<AgentEvent> events) {
    if (sort.isEmpty()) {
      return;
    }
    String whole = open.toString();
    ContentPart part =
        switch (sort.get()) {
          case MESSAGE -> {
            last = Optional.of(whole);
            yield new ContentPart.Text(whole);
          }
          case THOUGHT ->
              new ContentPart.Reasoning(
                  whole.startsWith(prefix) ? whole.substring(prefix.length()) : whole,
                  Visibility.PUBLIC);
        };
    sort = Optional.empty();
    open.setLength(0);
    events.add(
        AcpEvents.completed(
            Optional.of(itemId), Kind.MESSAGE, Role.ASSISTANT, List.of(part), Status.COMPLETED));
  }

  /** The last message of this turn. */
  Optional<String> last() {
    return last;
  }
}
