package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.ContentPart;
import dev.dunes.agent.UniversalItem;
import dev.dunes.agent.UniversalItem.Kind;
import dev.dunes.agent.UniversalItem.Role;
import dev.dunes.agent.UniversalItem.Status;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Brings the items of every agent into one form: each has an id of its session, is started once,
 * then completed; a message has at least one delta before it is complete. Agent API, sheet 3.1,
 * rules 4 to 7. Not safe for use by several threads.
 */
final class Normaliser {
  /** Where the events go. */
  interface Sink {
    /**
     * @param synthetic made here
     * @param raw what the agent wrote
     */
    void event(AgentEvent event, boolean synthetic, Optional<byte[]> raw);
  }

  private static final Optional<byte[]> NO_RAW = Optional.empty();

  private final boolean itemStarted;
  private final Sink sink;
  private final ItemIds ids;
  private final PendingAnswers pending = new PendingAnswers();

  /**
   * @param itemStarted whether the agent says itself when an item begins, the user's included
   * @param items how many items the session has already
   */
  Normaliser(boolean itemStarted, long items, Sink sink) {
    this.itemStarted = itemStarted;
    this.sink = sink;
    this.ids = new ItemIds(items);
  }

  /** How many items the session has. */
  long items() {
    return ids.count();
  }

  /** The agent is another process from now on: its names of items begin anew. */
  void newProcess() {
    ids.forget();
  }

  /**
   * A message of the user, for agents that do not repeat it: rule 7.
   *
   * @param number of the message in its session
   * @param conversation the agent's name for it, else ours
   */
  void user(String text, long number, String conversation) {
    if (itemStarted) {
      return;
    }
    UniversalItem item =
        new UniversalItem(
            "",
            Optional.of("user_" + number),
            Optional.empty(),
            Kind.MESSAGE,
            Optional.of(Role.USER),
            List.of(new ContentPart.Text(text)),
            Status.COMPLETED);
    OpenItem user = start(with(item, Status.IN_PROGRESS, item.content()), true, NO_RAW);
    complete(user, item, true, NO_RAW);
    UniversalItem answer =
        new UniversalItem(
            "",
            Optional.of("%s_pending_assistant_%d".formatted(conversation, number)),
            Optional.empty(),
            Kind.MESSAGE,
            Optional.of(Role.ASSISTANT),
            List.of(),
            Status.IN_PROGRESS);
    pending.add(start(answer, true, NO_RAW));
  }

  /** An event about an item; all others are none of its business. */
  void accept(AgentEvent event, Optional<byte[]> raw) {
    switch (event) {
      case AgentEvent.ItemStarted started -> started(started.item(), raw);
      case AgentEvent.ItemDelta delta -> delta(delta, raw);
      case AgentEvent.ItemCompleted completed -> completed(completed.item(), raw);
      default -> throw new IllegalArgumentException("no event of an item: " + event.type());
    }
  }

  private void started(UniversalItem item, Optional<byte[]> raw) {
    Optional<String> name = name(item);
    if (name.flatMap(ids::open).isPresent() || takesPending(item, name)) {
      return;
    }
    start(item, false, raw);
  }

  private void delta(AgentEvent.ItemDelta delta, Optional<byte[]> raw) {
    Optional<String> name =
        delta.nativeItemId().or(() -> Optional.of(delta.itemId()).filter(id -> !id.isEmpty()));
    Optional<OpenItem> open = name.flatMap(ids::open);
    if (open.isEmpty()) {
      if (name.isPresent() && ids.known(name.get())) {
        return; // it is complete: what it says is in it
      }
      UniversalItem message =
          new UniversalItem(
              "",
              name,
              Optional.empty(),
              Kind.MESSAGE,
              Optional.of(Role.ASSISTANT),
              List.of(),
              Status.IN_PROGRESS);
      open =
          takesPending(message, name)
              ? name.flatMap(ids::open)
              : Optional.of(start(message, true, NO_RAW));
    }
    OpenItem item = open.orElseThrow();
    item.add(delta.delta());
    sink.event(
        new AgentEvent.ItemDelta(item.id(), delta.nativeItemId(), delta.delta()), false, raw);
  }

  private void completed(UniversalItem item, Optional<byte[]> raw) {
    Optional<String> name = name(item);
    Optional<OpenItem> open = name.flatMap(ids::open);
    if (open.isEmpty() && takesPending(item, name)) {
      open = name.flatMap(ids::open);
    }
    OpenItem started =
        open.orElseGet(() -> start(with(item, Status.IN_PROGRESS, item.content()), true, NO_RAW));
    complete(started, item, false, raw);
  }

  /** Whether this item is the answer that was begun when its message was sent: rule 7. */
  private boolean takesPending(UniversalItem item, Optional<String> name) {
    if (itemStarted
        || name.isEmpty()
        || item.kind() != Kind.MESSAGE
        || item.role().filter(role -> role == Role.ASSISTANT).isEmpty()) {
      return false;
    }
    Optional<OpenItem> answer = pending.poll();
    answer.ifPresent(open -> ids.rename(open, name.get()));
    return answer.isPresent();
  }

  private OpenItem start(UniversalItem item, boolean synthetic, Optional<byte[]> raw) {
    OpenItem open = ids.open(name(item), item);
    sink.event(new AgentEvent.ItemStarted(with(open, item, Status.IN_PROGRESS)), synthetic, raw);
    return open;
  }

  private void complete(
      OpenItem open, UniversalItem item, boolean synthetic, Optional<byte[]> raw) {
    if (item.kind() == Kind.MESSAGE && !open.hasDelta()) {
      String text = text(item);
      if (!text.isEmpty()) {
        sink.event(new AgentEvent.ItemDelta(open.id(), item.nativeItemId(), text), true, NO_RAW);
      }
    }
    ids.complete(open);
    sink.event(new AgentEvent.ItemCompleted(with(open, item, item.status())), synthetic, raw);
  }

  /**
   * The turn is over.
   *
   * @param whole whether it came to its own end: then only answers that never came are closed
   */
  void endTurn(boolean whole) {
    pending.pollAll().forEach(open -> close(open, whole));
    if (!whole) {
      ids.allOpen().forEach(open -> close(open, false));
    }
  }

  private void close(OpenItem open, boolean whole) {
    UniversalItem item = open.started();
    List<ContentPart> content =
        open.text().isEmpty() ? item.content() : List.of(new ContentPart.Text(open.text()));
    ids.complete(open);
    sink.event(
        new AgentEvent.ItemCompleted(
            with(
                open,
                with(item, item.status(), content),
                whole ? Status.COMPLETED : Status.FAILED)),
        true,
        NO_RAW);
  }

  private UniversalItem with(OpenItem open, UniversalItem item, Status status) {
    return new UniversalItem(
        open.id(),
        item.nativeItemId(),
        item.parentId().flatMap(ids::idOf),
        item.kind(),
        item.role(),
        item.content(),
        status);
  }

  private static UniversalItem with(UniversalItem item, Status status, List<ContentPart> content) {
    return new UniversalItem(
        item.itemId(),
        item.nativeItemId(),
        item.parentId(),
        item.kind(),
        item.role(),
        content,
        status);
  }

  private static Optional<String> name(UniversalItem item) {
    return item.nativeItemId().or(() -> Optional.of(item.itemId()).filter(id -> !id.isEmpty()));
  }

  private static String text(UniversalItem item) {
    return item.content().stream()
        .filter(ContentPart.Text.class::isInstance)
        .map(part -> ((ContentPart.Text) part).text())
        .collect(Collectors.joining("\n"));
  }
}
