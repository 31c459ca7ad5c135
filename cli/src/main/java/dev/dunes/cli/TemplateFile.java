package dev.dunes.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What a template is built from, as a file says it: a Dockerfile's {@code FROM}, {@code RUN},
 * {@code COPY}, {@code ENV}, {@code WORKDIR}, {@code USER}, and {@code CMD} and {@code READY} for
 * what runs in every sandbox.
 *
 * @param from a template, or an image
 * @param steps in their order
 * @param start what runs in every sandbox
 * @param ready what succeeds when a sandbox can be used
 */
record TemplateFile(String from, List<Step> steps, Optional<String> start, Optional<String> ready) {
  /** One step, with the line it is on. */
  record Step(String type, List<String> args, int line) {}

  TemplateFile {
    steps = List.copyOf(steps);
  }

  /** The name of a template has no colon or slash that an image of a registry would need. */
  boolean fromImage() {
    return from.contains("/") || from.contains(":");
  }

  /**
   * Reads one.
   *
   * @param name of the file, for messages
   */
  static TemplateFile parse(String name, String text) {
    Reader reader = new Reader(name);
    List<String> lines = text.lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      int number = i + 1;
      StringBuilder whole = new StringBuilder(lines.get(i).strip());
      while (whole.toString().endsWith("\\") && i + 1 < lines.size()) {
        whole.setLength(whole.length() - 1);
        whole.append('\n').append(lines.get(++i).stripTrailing());
      }
      String line = whole.toString().strip();
      if (!line.isEmpty() && !line.startsWith("#")) {
        reader.take(number, line);
      }
    }
    return reader.made();
  }

  /** Understands line after line. */
  private static final class Reader {
    private final String name;
    private final List<Step> steps = new ArrayList<>();
    private Optional<String> from = Optional.empty();
    private Optional<String> start = Optional.empty();
    private Optional<String> ready = Optional.empty();

    Reader(String name) {
      this.name = name;
    }

    void take(int number, String line) {
      String[] parts = line.split("\\s+", 2);
      String word = parts[0].toUpperCase(Locale.ROOT);
      String rest = parts.length == 2 ? parts[1].strip() : "";
      if (rest.isEmpty()) {
        throw bad(number, word + " needs something after it");
      }
      if (from.isEmpty() && !word.equals("FROM")) {
        throw bad(number, "the first instruction must be FROM, such as FROM base");
      }
      switch (word) {
        case "FROM" -> {
          if (from.isPresent()) {
            throw bad(number, "a template has one FROM");
          }
          if (rest.matches(".*\\s.*")) {
            throw bad(number, "FROM takes one name and nothing after it, not '%s'".formatted(rest));
          }
          if (!rest.matches("[A-Za-z0-9][A-Za-z0-9._/:@-]{0,299}")) {
            throw bad(
                number,
                "'%s' is the name of no template and no image; use one such as base or debian:12"
                    .formatted(rest));
          }
          from = Optional.of(rest);
        }
        case "RUN" -> steps.add(new Step("RUN", List.of(rest), number));
        case "WORKDIR", "USER" -> steps.add(new Step(word, List.of(rest), number));
        case "ENV" -> steps.add(new Step("ENV", variables(number, rest), number));
        case "COPY" -> copy(number, rest);
        case "CMD", "ENTRYPOINT" -> start = Optional.of(rest);
        case "READY" -> ready = Optional.of(rest);
        default ->
            throw bad(
                number,
                "'%s' is not known; there are FROM, RUN, COPY, ENV, WORKDIR, USER, CMD, READY"
                    .formatted(word));
      }
    }

    private void copy(int number, String rest) {
      List<String> words = List.of(rest.split("\\s+"));
      if (words.stream().anyMatch(word -> word.startsWith("--"))) {
        throw bad(number, "COPY takes no options here");
      }
      if (words.size() < 2) {
        throw bad(number, "COPY needs what and where to");
      }
      String target = words.getLast();
      if (words.size() > 2 && !target.endsWith("/")) {
        throw bad(number, "COPY of several needs a target that ends with /");
      }
      for (String source : words.subList(0, words.size() - 1)) {
        steps.add(new Step("COPY", List.of(source, target, "", ""), number));
      }
    }

    private List<String> variables(int number, String rest) {
      List<String> all = new ArrayList<>();
      if (!rest.split("\\s+", 2)[0].contains("=")) {
        String[] parts = rest.split("\\s+", 2);
        if (parts.length < 2) {
          throw bad(number, "ENV needs NAME=VALUE");
        }
        return List.of(parts[0], unquoted(parts[1]));
      }
      for (String pair : words(rest)) {
        int equals = pair.indexOf('=');
        if (equals < 1) {
          throw bad(number, "ENV needs NAME=VALUE, not '%s'".formatted(pair));
        }
        all.add(pair.substring(0, equals));
        all.add(unquoted(pair.substring(equals + 1)));
      }
      return all;
    }

    /** Words at spaces that are not in quotes. */
    private static List<String> words(String text) {
      List<String> words = new ArrayList<>();
      StringBuilder word = new StringBuilder();
      char quote = 0;
      for (char c : text.toCharArray()) {
        if (quote == 0 && Character.isWhitespace(c)) {
          if (!word.isEmpty()) {
            words.add(word.toString());
            word.setLength(0);
          }
          continue;
        }
        if (quote == 0 && (c == '"' || c == '\'')) {
          quote = c;
        } else if (c == quote) {
          quote = 0;
        }
        word.append(c);
      }
      if (!word.isEmpty()) {
        words.add(word.toString());
      }
      return words;
    }

    private static String unquoted(String text) {
      int last = text.length() - 1;
      boolean quoted =
          last > 0
              && text.charAt(0) == text.charAt(last)
              && (text.charAt(0) == '"' || text.charAt(0) == '\'');
      return quoted ? text.substring(1, last) : text;
    }

    TemplateFile made() {
      return new TemplateFile(
          from.orElseThrow(() -> Failure.usage(name + " has no FROM", "begin it with FROM base")),
          steps,
          start,
          ready);
    }

    private Failure bad(int number, String why) {
      return Failure.usage("%s, line %d: %s".formatted(name, number, why), "");
    }
  }
}
