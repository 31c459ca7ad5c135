package dev.dunes.session.engine;

import dev.dunes.agent.UniversalItem;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Ids of the items of a session, and the agent's names for them. Agent API, sheet 3.1, rule 4. */
final class ItemIds {
  /** Names of complete items are forgotten when there are more. */
  private static final int MOST_COMPLETE = 10_000;

  private final Map<String, OpenItem> openByName = new HashMap<>();
  private final Map<String, OpenItem> open = new LinkedHashMap<>();
  private final Map<String, String> complete =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
          return size() > MOST_COMPLETE;
        }
      };
  private long count;

  ItemIds(long count) {
    this.count = count;
  }

  long count() {
    return count;
  }

  /** Begins an item. */
  OpenItem open(Optional<String> name, UniversalItem item) {
    count++;
    OpenItem begun = new OpenItem("itm_" + count, name, item);
    open.put(begun.id(), begun);
    name.ifPresent(known -> openByName.put(known, begun));
    return begun;
  }

  /** The item of this name, when it is open. */
  Optional<OpenItem> open(String name) {
    return Optional.ofNullable(openByName.get(name));
  }

  /** Whether there was an item of this name. */
  boolean known(String name) {
    return openByName.containsKey(name) || complete.containsKey(name);
  }

  /** Another name for an item that is open. */
  void rename(OpenItem item, String name) {
    item.name().ifPresent(openByName::remove);
    item.rename(name);
    openByName.put(name, item);
  }

  void complete(OpenItem item) {
    open.remove(item.id());
    item.name()
        .ifPresent(name -> {
          openByName.remove(name, item);
          complete.put(name, item.id());
        });
  }

  List<OpenItem> allOpen() {
    return List.copyOf(open.values());
  }

  /** The id of the item of this name, when one was given out. */
  Optional<String> idOf(String name) {
    OpenItem item = openByName.get(name);
    return item != null ? Optional.of(item.id()) : Optional.ofNullable(complete.get(name));
  }

  void forget() {
    openByName.clear();
    complete.clear();
  }
}
