package dev.dunes.server.e2b.connect;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An enumeration of a protocol.
 *
 * @param numbers by name
 */
public record EnumType(Map<String, Long> numbers) {
  public EnumType {
    numbers = new LinkedHashMap<>(numbers);
  }

  OptionalLong number(String name) {
    Long found = numbers.get(name);
    return found == null ? OptionalLong.empty() : OptionalLong.of(found);
  }

  Optional<String> name(long number) {
    return numbers.entrySet().stream()
        .filter(entry -> entry.getValue() == number)
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
