package dev.dunes.cli;

import dev.dunes.session.RunRecord;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;

/** Two runs of the same prompt side by side, in Markdown. */
final class ReplayReport {
  private ReplayReport() {}

  static String of(
      RunRecord before, String id, boolean forked, RunTally after, Optional<Double> budget) {
    StringBuilder text = new StringBuilder();
    text.append("# Replay of %s: %s\n\n".formatted(before.id(), id));
    text.append("| | Original | Replay | Difference |\n|---|---|---|---|\n");
    row(text, "Model", before.model().orElse("default"), after.model().orElse("default"), "");
    numbers(text, "Cost (USD)", before.costUsd(), after.costUsd(), "%.4f");
    numbers(
        text,
        "Turns",
        before.turns().isPresent()
            ? OptionalDouble.of(before.turns().getAsInt())
            : OptionalDouble.empty(),
        after.turns().isPresent()
            ? OptionalDouble.of(after.turns().getAsInt())
            : OptionalDouble.empty(),
        "%.0f");
    numbers(
        text,
        "Duration (s)",
        before.durationSeconds(),
        OptionalDouble.of(after.took().toMillis() / 1000.0),
        "%.1f");
    row(text, "Result", before.outcome(), after.word(), "");
    budget.ifPresent(most -> row(text, "Budget (USD)", "", format("%.2f", most), ""));
    text.append("\nConversation: ")
        .append(forked ? "gone on with, in a copy" : "begun anew")
        .append('\n');
    return text.toString();
  }

  private static void numbers(
      StringBuilder text, String name, OptionalDouble before, OptionalDouble after, String format) {
    row(text, name, shown(before, format), shown(after, format), difference(before, after, format));
  }

  private static String shown(OptionalDouble value, String format) {
    return value.isPresent() ? format(format, value.getAsDouble()) : "n/a";
  }

  private static String difference(OptionalDouble before, OptionalDouble after, String format) {
    if (before.isEmpty() || after.isEmpty()) {
      return "n/a";
    }
    double difference = after.getAsDouble() - before.getAsDouble();
    String plain = format(format.replace("%", "%+"), difference);
    return before.getAsDouble() == 0
        ? plain
        : plain + format(" (%+.0f%%)", 100 * difference / before.getAsDouble());
  }

  private static String format(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static void row(
      StringBuilder text, String name, String before, String after, String difference) {
    text.append("| %s | %s | %s | %s |\n".formatted(name, cell(before), cell(after), difference));
  }

  private static String cell(String text) {
    return Printable.line(text).replace("|", "\\|");
  }
}
