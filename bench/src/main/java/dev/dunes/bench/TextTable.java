package dev.dunes.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/** Rows of cells, as text for terminals or as Markdown. */
final class TextTable {
  private final List<List<String>> rows = new ArrayList<>();

  TextTable(String... headings) {
    rows.add(List.of(headings));
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  /** All series of a section, with their distribution. */
  static TextTable of(Results.Section section) {
    TextTable table = new TextTable("", "by", "n", "p50", "p95", "p99", "ratio");
    Optional<String> last = Optional.empty();
    for (Series series : section.series()) {
      String measure = series.measure();
      OptionalDouble ratio = Results.ratio(section, series);
      table.row(
          last.filter(measure::equals).isPresent() ? "" : measure,
          series.engine(),
          Integer.toString(series.samples().size()),
          series.unit().format(series.p50()),
          optional(series.p95(), series.unit()),
          optional(series.p99(), series.unit()),
          ratio.isPresent() ? Target.times(ratio.getAsDouble()) : "");
      last = Optional.of(measure);
    }
    return table;
  }

  static TextTable of(List<Target> targets) {
    TextTable table = new TextTable("target", "limit", "measured", "");
    targets.forEach(t ->
        table.row(t.what(), t.limit(), t.measured(), t.reached() ? "reached" : "**not reached**"));
    return table;
  }

  private static String optional(OptionalDouble value, Unit unit) {
    return value.isPresent() ? unit.number(value.getAsDouble()) : "–";
  }

  String text() {
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder("  ");
      for (int column = 0; column < row.size(); column++) {
        String cell = row.get(column).replace("**", "").replace("`", "");
        String padding = " ".repeat(width(column) - cell.length());
        line.append(isNumber(column) ? padding + cell : cell + padding).append("  ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  String markdown() {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < rows.size(); i++) {
      text.append("| ").append(String.join(" | ", rows.get(i))).append(" |\n");
      if (i == 0) {
        text.append('|');
        for (int column = 0; column < rows.getFirst().size(); column++) {
          text.append(isNumber(column) ? "---:|" : "---|");
        }
        text.append('\n');
      }
    }
    return text.toString();
  }

  private int width(int column) {
    return rows.stream()
        .mapToInt(row -> row.get(column).replace("**", "").replace("`", "").length())
        .max()
        .orElse(0);
  }

  private boolean isNumber(int column) {
    return column >= 2 && rows.getFirst().size() == 7;
  }
}
