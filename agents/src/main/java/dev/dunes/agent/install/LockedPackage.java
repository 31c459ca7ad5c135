package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A package with its place in a tree of packages, as {@code build-tools/lock-agent} writes it.
 *
 * @param place such as {@code node_modules/a/node_modules/b}
 * @param processors those it is for, {@code x64} or {@code arm64}; empty for all
 * @param libraries the C libraries it is for, {@code glibc} or {@code musl}; empty for all
 */
public record LockedPackage(
    String place, PinnedPackage source, List<String> processors, List<String> libraries) {
  public LockedPackage {
    requireNonNull(place, "place");
    requireNonNull(source, "source");
    processors = List.copyOf(processors);
    libraries = List.copyOf(libraries);
  }

  /**
   * Whether it is for this platform.
   *
   * @param platform such as {@code linux-x64-musl}
   */
  boolean fits(String platform) {
    String[] words = platform.split("-", 3);
    String library = words.length > 2 ? words[2] : "glibc";
    return (processors.isEmpty() || processors.contains(words[1]))
        && (libraries.isEmpty() || libraries.contains(library));
  }
}
