package dev.dunes.agent.codex;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Which commands only look. Codex asks for every command when nobody trusts it, and its own
 * read-only sandbox cannot be made inside ours; so a few commands that are known to change nothing
 * are let through, alone, in a pipe or joined by {@code &&}, and everything else is declined. What
 * is not understood is declined, too: redirections, substitutions, variables, backslashes.
 */
final class LookingCommands {
  private static final Set<String> SHELLS = Set.of("/bin/bash", "/bin/sh", "bash", "sh");

  private static final Set<String> PLAIN =
      Set.of(
          "basename",
          "cat",
          "cd",
          "cksum",
          "cmp",
          "column",
          "comm",
          "cut",
          "date",
          "df",
          "diff",
          "dirname",
          "du",
          "echo",
          "egrep",
          "fgrep",
          "grep",
          "head",
          "id",
          "ls",
          "nl",
          "printf",
          "pwd",
          "readlink",
          "realpath",
          "rev",
          "sha256sum",
          "stat",
          "tail",
          "tr",
          "true",
          "uname",
          "wc",
          "which",
          "whoami");

  private static final Set<String> GIT =
      Set.of("blame", "diff", "log", "ls-files", "rev-parse", "shortlog", "show", "status");

  /** Options by which a program that looks writes, or starts another. */
  private static final List<String> HARMFUL =
      List.of(
          "-exec",
          "-ok",
          "-delete",
          "-fprint",
          "-fls",
          "--pre",
          "--hostname-bin",
          "--output",
          "--ext-diff",
          "--textconv",
          "--open-files-in-pager",
          "--set",
          "-s",
          "-o",
          "-O",
          "-c");

  private LookingCommands() {}

  /** Whether the arguments of a shell, or of a program, do nothing but look. */
  static boolean only(JsonNode argv) {
    List<String> words = new ArrayList<>();
    argv.forEach(word -> words.add(word.asString("")));
    if (words.size() == 3 && SHELLS.contains(words.get(0)) && words.get(1).matches("-l?c")) {
      return script(words.get(2));
    }
    return !words.isEmpty() && command(words);
  }

  private static boolean script(String text) {
    Optional<List<List<String>>> commands = commands(text);
    return commands.isPresent() && commands.get().stream().allMatch(LookingCommands::command);
  }

  private static boolean command(List<String> words) {
    if (words.isEmpty()) {
      return false;
    }
    String program = words.getFirst();
    List<String> rest = words.subList(1, words.size());
    return switch (program) {
      case "find", "rg" -> harmless(rest);
      case "git" -> !rest.isEmpty() && GIT.contains(rest.getFirst()) && harmless(rest);
      case "sed" ->
          rest.size() >= 2
              && rest.get(0).equals("-n")
              && rest.get(1).matches("\\d+(,\\d+|,\\$)?p")
              && rest.stream().skip(2).noneMatch(word -> word.startsWith("-"));
      case "sort", "uniq" -> rest.stream().allMatch(word -> word.matches("-[a-nA-NrRuU0-9]+"));
      case "date" ->
          rest.stream().noneMatch(word -> word.startsWith("-s") || word.startsWith("--s"));
      default -> PLAIN.contains(program);
    };
  }

  private static boolean harmless(List<String> words) {
    return words.stream()
        .filter(word -> word.startsWith("-"))
        .noneMatch(word -> HARMFUL.stream().anyMatch(word::startsWith));
  }

  /** The commands of a line; empty when there is anything in it that is not plain. */
  private static Optional<List<List<String>>> commands(String text) {
    List<List<String>> commands = new ArrayList<>();
    List<String> words = new ArrayList<>();
    StringBuilder word = new StringBuilder();
    boolean inWord = false;
    char quote = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quote == '\'' ? c != '\'' : quote == '"' && c != '"' && "$`\\!".indexOf(c) < 0) {
        word.append(c);
      } else if (quote != 0 && c == quote) {
        quote = 0;
      } else if (quote == 0 && (c == '\'' || c == '"')) {
        quote = c;
        inWord = true;
      } else if (quote == 0 && (c == ' ' || c == '|' || c == '&')) {
        if (inWord) {
          words.add(word.toString());
          word.setLength(0);
          inWord = false;
        }
        if (c == '&' && (i + 1 == text.length() || text.charAt(++i) != '&')) {
          return Optional.empty();
        }
        if (c != ' ') {
          commands.add(words);
          words = new ArrayList<>();
        }
      } else if (quote == 0 && (Character.isLetterOrDigit(c) || "-_./,:=+@%*?^".indexOf(c) >= 0)) {
        word.append(c);
        inWord = true;
      } else {
        return Optional.empty();
      }
    }
    if (quote != 0) {
      return Optional.empty();
    }
    if (inWord) {
      words.add(word.toString());
    }
    commands.add(words);
    return Optional.of(commands);
  }
}
