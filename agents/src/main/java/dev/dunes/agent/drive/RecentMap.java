package dev.dunes.agent.drive;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Remembers so many of the latest entries. */
public final class RecentMap<T> {
  private final Map<String, T> entries;

  public RecentMap(int limit) {
    this.entries =
        new LinkedHashMap<>() {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, T> eldest) {
            return size() > limit;
          }
        };
  }

  public Optional<T> get(String key) {
    return Optional.ofNullable(entries.get(key));
  }

  public void put(String key, T value) {
    entries.put(key, value);
  }

  public Optional<T> remove(String key) {
    return Optional.ofNullable(entries.remove(key));
  }
}
