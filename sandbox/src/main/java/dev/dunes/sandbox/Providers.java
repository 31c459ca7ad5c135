package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.spi.SandboxProviderFactory;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The kinds of provider this program has, whether they can be used or not. */
public final class Providers {
  private Providers() {}

  /** Their names, in the order of detection. */
  public static List<String> names() {
    return factories().stream().map(SandboxProviderFactory::name).toList();
  }

  /** The factory of this name. */
  public static Optional<SandboxProviderFactory> find(String name) {
    requireNonNull(name, "name");
    return factories().stream().filter(factory -> factory.name().equals(name)).findFirst();
  }

  /**
   * The factory of this name; the exception for an unknown one lists the known ones and the
   * nearest.
   */
  public static SandboxProviderFactory require(String name) {
    return find(name).orElseThrow(() -> unknown(name, names()));
  }

  /**
   * All factories, in the order of detection; those that are never chosen by themselves come last.
   */
  public static List<SandboxProviderFactory> factories() {
    return Discovered.FACTORIES;
  }

  static ProviderException unknown(String name, List<String> known) {
    String hint = Nearest.to(name, known).map("; did you mean '%s'?"::formatted).orElse("");
    String list = known.isEmpty() ? "there are none" : "known ones: " + String.join(", ", known);
    return new ProviderException(
        "Provider '%s' not registered".formatted(name), ErrorDetails.remedy(list + hint));
  }

  static List<SandboxProviderFactory> inOrder(Iterable<SandboxProviderFactory> factories) {
    java.util.ArrayList<SandboxProviderFactory> sorted = new java.util.ArrayList<>();
    factories.forEach(sorted::add);
    sorted.sort(Providers::compare);
    return List.copyOf(sorted);
  }

  /** Written out, as the library's comparators cost 20 ms of the start of a JVM. */
  private static int compare(SandboxProviderFactory one, SandboxProviderFactory other) {
    int chosenFirst = Boolean.compare(one.detectionOrder() < 0, other.detectionOrder() < 0);
    if (chosenFirst != 0) {
      return chosenFirst;
    }
    int order = Integer.compare(one.detectionOrder(), other.detectionOrder());
    return order != 0 ? order : one.name().compareTo(other.name());
  }

  private static final class Discovered {
    static final List<SandboxProviderFactory> FACTORIES =
        inOrder(ServiceLoader.load(SandboxProviderFactory.class));
  }
}
