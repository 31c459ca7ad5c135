package dev.dunes.scripted;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * One thing a script has the model say or do. What becomes of it depends on the tools that the
 * agent offers: a {@link Shell} is {@code Bash} for one agent and {@code exec_command} for another.
 */
public sealed interface Step {
  /** Whether it asks the agent to use a tool, and so gets a result. */
  default boolean callsTool() {
    return switch (this) {
      case Text _, Think _, Slow _, Refusal _ -> false;
      case Shell _, Write _, Read _, Edit _, Ask _, Subagent _, Mcp _, RawTool _, Structured _ ->
          true;
    };
  }

  /** Words for the user. */
  record Text(String text) implements Step {
    public Text {
      requireNonNull(text, "text");
    }
  }

  /** Reasoning. */
  record Think(String text) implements Step {
    public Think {
      requireNonNull(text, "text");
    }
  }

  /** A line of shell. */
  record Shell(String command) implements Step {
    public Shell {
      requireNonNull(command, "command");
    }
  }

  /** Writes a file; by a shell command when the agent has no tool for that. */
  record Write(String path, String content) implements Step {
    public Write {
      requireNonNull(path, "path");
      requireNonNull(content, "content");
    }
  }

  /** Reads a file. */
  record Read(String path) implements Step {
    public Read {
      requireNonNull(path, "path");
    }
  }

  /** Replaces the first place where a text stands in a file. */
  record Edit(String path, String before, String after) implements Step {
    public Edit {
      requireNonNull(path, "path");
      requireNonNull(before, "before");
      requireNonNull(after, "after");
    }
  }

  /** A question to the user with a choice of answers. */
  record Ask(String header, String question, List<Choice> choices) implements Step {
    public Ask {
      requireNonNull(header, "header");
      requireNonNull(question, "question");
      choices = List.copyOf(choices);
    }

    /** One of the answers. */
    public record Choice(String label, String description) {}
  }

  /**
   * Has another agent work.
   *
   * @param prompt may hold a marker of its own
   * @param type of the agent; {@code [[subtype:NAME]]} in the user's text wins
   */
  record Subagent(String description, String prompt, Optional<String> type) implements Step {
    public Subagent {
      requireNonNull(description, "description");
      requireNonNull(prompt, "prompt");
      requireNonNull(type, "type");
    }
  }

  /** A tool of an MCP server. */
  record Mcp(String server, String tool, JsonNode arguments) implements Step {
    public Mcp {
      requireNonNull(server, "server");
      requireNonNull(tool, "tool");
      requireNonNull(arguments, "arguments");
    }
  }

  /** A tool by its name in the agent, with its input as it is; a text for a freeform tool. */
  record RawTool(String name, JsonNode input) implements Step {
    public RawTool {
      requireNonNull(name, "name");
      requireNonNull(input, "input");
    }
  }

  /** The final answer as JSON: by the tool {@code StructuredOutput} when offered, else as text. */
  record Structured(JsonNode value) implements Step {
    public Structured {
      requireNonNull(value, "value");
    }
  }

  /** The text {@code slow 0 slow 1 …}, one piece at a time. */
  record Slow(int deltas, Duration every) implements Step {
    public Slow {
      requireNonNull(every, "every");
      if (deltas < 1 || every.isNegative()) {
        throw new IllegalArgumentException("deltas must be at least 1, every not negative");
      }
    }
  }

  /** The request is answered with this HTTP status. */
  record Refusal(int status) implements Step {
    public Refusal {
      if (status < 400 || status > 599) {
        throw new IllegalArgumentException("status must be 400 to 599, not " + status);
      }
    }
  }
}
