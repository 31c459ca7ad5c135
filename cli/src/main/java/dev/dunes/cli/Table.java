package dev.dunes.cli;

import java.util.ArrayList;
import java.util.List;

/**
 * Columns of text under headings: two spaces apart, dashes under the headings, nothing after the
 * last column.
 */
final class Table {
  private final List<String> headings;
  private final List<List<String>> rows = new ArrayList<>();

  Table(String... headings) {
    this(List.of(headings));
  }

  Table(List<String> headings) {
    this.headings = List.copyOf(headings);
  }

  /** Adds a row with as many cells as there are headings; cells are made safe to show. */
  void row(List<String> cells) {
    List<String> safe = new ArrayList<>(cells.size());
    for (String cell : cells) {
      safe.add(Printable.line(cell));
    }
    rows.add(List.copyOf(safe));
  }

  String text(Style style) {
    int[] widths = new int[headings.size()];
    measure(widths, headings);
    rows.forEach(row -> measure(widths, row));
    List<String> dashes = new ArrayList<>();
    for (int width : widths) {
      dashes.add("-".repeat(width));
    }
    StringBuilder text = new StringBuilder();
    text.append(style.bold(line(widths, headings))).append('\n');
    text.append(style.dim(line(widths, dashes))).append('\n');
    rows.forEach(row -> text.append(line(widths, row)).append('\n'));
    return text.toString();
  }

  private static void measure(int[] widths, List<String> cells) {
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(widths[i], length(cells.get(i)));
    }
  }

  private static String line(int[] widths, List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = cells.get(i);
      line.append(i == 0 ? "" : "  ").append(cell).repeat(" ", widths[i] - length(cell));
    }
    return line.toString().stripTrailing();
  }

  private static int length(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
