package dev.dunes.gateway.egress;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Things by the names of hosts they are for. The exact name comes first, then the longest {@code
 * *.name} that fits.
 */
public final class NameTable<T> {
  private final Map<String, T> exact = new HashMap<>();
  private final Map<String, T> below = new HashMap<>();

  private NameTable() {}

  /**
   * @param name the host of one, or {@code *.host} for all below it
   * @throws IllegalArgumentException when one is neither, or is there twice
   */
  public static <T> NameTable<T> of(List<T> things, Function<T, String> name) {
    NameTable<T> table = new NameTable<>();
    for (T each : things) {
      table.add(name.apply(each), each);
    }
    return table;
  }

  private void add(String raw, T thing) {
    boolean wild = raw.startsWith("*.");
    HostName host = host(raw, wild);
    T before = wild ? below.put("." + host.name(), thing) : exact.put(host.name(), thing);
    if (before != null) {
      throw new IllegalArgumentException("'%s' is there twice".formatted(raw));
    }
  }

  private static HostName host(String raw, boolean wild) {
    try {
      HostName host = HostName.parse(wild ? raw.substring(2) : raw);
      if (host.literal().isEmpty() && (wild || host.name().contains("."))) {
        return host;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(noName(raw), e);
    }
    throw new IllegalArgumentException(noName(raw));
  }

  private static String noName(String raw) {
    return "'%s' is no name of a host and no *.name".formatted(raw);
  }

  /** What is for this host. */
  public Optional<T> find(HostName host) {
    if (host.literal().isPresent()) {
      return Optional.empty();
    }
    T known = exact.get(host.name());
    if (known != null) {
      return Optional.of(known);
    }
    return below.entrySet().stream()
        .filter(each ->
            host.name().endsWith(each.getKey()) && host.name().length() > each.getKey().length())
        .max(Comparator.comparingInt(each -> each.getKey().length()))
        .map(Map.Entry::getValue);
  }
}
