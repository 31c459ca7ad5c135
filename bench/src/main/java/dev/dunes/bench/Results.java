package dev.dunes.bench;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Everything one run has found.
 *
 * @param facts about the machine
 * @param engines what was compared: names and descriptions
 * @param sections by scenario, in the order they were run
 * @param notes what was left out, and warnings
 * @param quiet whether the machine did little else all the time
 * @param command what reproduces it
 */
record Results(
    Map<String, String> facts,
    Map<String, String> engines,
    List<Section> sections,
    List<String> notes,
    boolean quiet,
    String command) {
  /**
   * What one scenario has found.
   *
   * @param others share of the processors that other programs used just before and after
   */
  record Section(Scenario scenario, List<Series> series, double others) {
    Section {
      series = List.copyOf(series);
    }
  }

  Results {
    sections = List.copyOf(sections);
    notes = List.copyOf(notes);
  }

  Optional<Series> find(String scenario, String measure, String engine) {
    return sections.stream()
        .filter(section -> section.scenario().name().equals(scenario))
        .flatMap(section -> section.series().stream())
        .filter(series -> series.measure().equals(measure) && series.engine().equals(engine))
        .findFirst();
  }

  /** The median as a multiple of that of the baseline of the same section. */
  static OptionalDouble ratio(Section section, Series series) {
    return section.series().stream()
        .filter(other ->
            other.measure().equals(series.measure()) && other.engine().equals(series.baseline()))
        .filter(base -> series.unit() != Unit.COUNT && base.p50() > 0 && series.p50() > 0)
        .mapToDouble(base -> series.p50() / base.p50())
        .findFirst();
  }
}
