package dev.dunes.agent.claude;

import dev.dunes.agent.drive.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * One entry of a list of allowed tools: a name, {@code mcp__server__*}, or a name with a specifier
 * such as {@code Bash(git log:*)}, {@code Read(/src/**)}, {@code WebFetch(domain:example.com)},
 * {@code Agent(helper)}. A specifier that cannot be decided allows nothing.
 */
record ToolRule(String tool, Optional<String> specifier) {
  private static final Set<String> FILE_TOOLS =
      Set.of("Read", "Write", "Edit", "NotebookEdit", "Glob", "Grep", "LS");

  /** What could make more of one command than its start shows. */
  private static final Pattern COMPOUND = Pattern.compile("[;&|<>`\\n\\r]|\\$\\(|\\$\\{|<\\(");

  static ToolRule parse(String entry) {
    String text = entry.strip();
    int open = text.indexOf('(');
    if (open > 0 && text.endsWith(")")) {
      String specifier = text.substring(open + 1, text.length() - 1).strip();
      boolean any = specifier.isEmpty() || specifier.equals("*");
      return new ToolRule(
          canonical(text.substring(0, open).strip()),
          any ? Optional.empty() : Optional.of(specifier));
    }
    return new ToolRule(canonical(text), Optional.empty());
  }

  /** The tool for subagents has two names: one in lists, one in calls. */
  static String canonical(String name) {
    return name.equals("Task") ? "Agent" : name;
  }

  boolean isMcp() {
    return tool.startsWith("mcp__");
  }

  boolean allows(String name, JsonNode input) {
    return names(canonical(name)) && specifier.map(text -> fits(text, input)).orElse(true);
  }

  private boolean names(String name) {
    if (!isMcp()) {
      return tool.equals(name);
    }
    if (tool.endsWith("*")) {
      return name.startsWith(tool.substring(0, tool.length() - 1));
    }
    // A server's name alone stands for all its tools.
    return name.equals(tool)
        || (tool.indexOf("__", "mcp__".length()) < 0 && name.startsWith(tool + "__"));
  }

  private boolean fits(String text, JsonNode input) {
    if (tool.equals("Bash")) {
      return Json.text(input, "command").filter(command -> command(text, command)).isPresent();
    }
    if (FILE_TOOLS.contains(tool)) {
      return Json.text(input, "file_path")
          .or(() -> Json.text(input, "notebook_path"))
          .or(() -> Json.text(input, "path"))
          .filter(path -> path(text, path))
          .isPresent();
    }
    return switch (tool) {
      case "WebFetch" ->
          text.startsWith("domain:")
              && Json.text(input, "url")
                  .filter(url -> host(text.substring("domain:".length()), url))
                  .isPresent();
      case "Agent" -> Json.text(input, "subagent_type").filter(text::equals).isPresent();
      case "Skill" -> Json.text(input, "skill").filter(text::equals).isPresent();
      default -> false;
    };
  }

  /** {@code git log:*} is that command with any arguments; without {@code :*} it is all of it. */
  private static boolean command(String text, String command) {
    String plain = command.strip();
    if (!text.contains("*")) {
      return plain.equals(text);
    }
    if (COMPOUND.matcher(plain).find()) {
      return false;
    }
    if (text.endsWith(":*")) {
      String start = text.substring(0, text.length() - 2);
      return plain.equals(start) || plain.startsWith(start + " ");
    }
    return glob(text, ".*", ".*").matcher(plain).matches();
  }

  /** Patterns as in {@code .gitignore}; {@code ..} in a path is taken away first. */
  private static boolean path(String text, String path) {
    String pattern = text;
    if (pattern.startsWith("//")) {
      pattern = pattern.substring(1);
    } else if (pattern.startsWith("./")) {
      pattern = "**/" + pattern.substring(2);
    } else if (!pattern.startsWith("/")) {
      pattern = "**/" + pattern;
    }
    String real = Path.of("/").resolve(path).normalize().toString();
    return glob(pattern, "[^/]*", ".*").matcher(real).matches();
  }

  private static Pattern glob(String text, String one, String many) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("**/", i)) {
        regex.append("(?:.*/)?");
        i += 2;
      } else if (text.startsWith("**", i)) {
        regex.append(many);
        i++;
      } else if (text.charAt(i) == '*') {
        regex.append(one);
      } else {
        regex.append(Pattern.quote(text.substring(i, i + 1)));
      }
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  private static boolean host(String domain, String url) {
    try {
      String host = URI.create(url).getHost();
      return host != null && (host.equalsIgnoreCase(domain));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
