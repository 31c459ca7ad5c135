package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies.SnakeCaseStrategy;
import tools.jackson.databind.annotation.JsonNaming;

/** A part of an item, told apart by {@code type}. Agent API, sheet 2.7. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ContentPart.Text.class, name = "text"),
  @JsonSubTypes.Type(value = ContentPart.Json.class, name = "json"),
  @JsonSubTypes.Type(value = ContentPart.ToolCall.class, name = "tool_call"),
  @JsonSubTypes.Type(value = ContentPart.ToolResult.class, name = "tool_result"),
  @JsonSubTypes.Type(value = ContentPart.FileRef.class, name = "file_ref"),
  @JsonSubTypes.Type(value = ContentPart.Reasoning.class, name = "reasoning"),
  @JsonSubTypes.Type(value = ContentPart.Image.class, name = "image"),
  @JsonSubTypes.Type(value = ContentPart.Status.class, name = "status"),
})
public sealed interface ContentPart {
  /** Words. */
  record Text(String text) implements ContentPart {
    public Text {
      requireNonNull(text, "text");
    }
  }

  /** A value with structure, such as an answer that follows a schema. */
  record Json(JsonNode json) implements ContentPart {
    public Json {
      requireNonNull(json, "json");
    }
  }

  /**
   * A tool is called.
   *
   * @param arguments JSON as a text
   */
  @JsonNaming(SnakeCaseStrategy.class)
  record ToolCall(String name, String arguments, String callId) implements ContentPart {
    public ToolCall {
      requireNonNull(name, "name");
      requireNonNull(arguments, "arguments");
      requireNonNull(callId, "callId");
    }
  }

  /** What a tool answered. */
  @JsonNaming(SnakeCaseStrategy.class)
  record ToolResult(String callId, String output) implements ContentPart {
    public ToolResult {
      requireNonNull(callId, "callId");
      requireNonNull(output, "output");
    }
  }

  /**
   * A file the agent used.
   *
   * @param diff what was changed, as a unified diff without file names
   */
  record FileRef(String path, FileAction action, Optional<String> diff) implements ContentPart {
    public FileRef {
      requireNonNull(path, "path");
      requireNonNull(action, "action");
      requireNonNull(diff, "diff");
    }
  }

  /** What was done with a file. */
  enum FileAction {
    @JsonProperty("read")
    READ,
    @JsonProperty("write")
    WRITE,
    @JsonProperty("patch")
    PATCH
  }

  /** What the model thought. */
  record Reasoning(String text, Visibility visibility) implements ContentPart {
    public Reasoning {
      requireNonNull(text, "text");
      requireNonNull(visibility, "visibility");
    }
  }

  /** Whether thoughts are meant to be shown. */
  enum Visibility {
    @JsonProperty("public")
    PUBLIC,
    @JsonProperty("private")
    PRIVATE
  }

  /** A picture in a file. */
  record Image(String path, Optional<String> mime) implements ContentPart {
    public Image {
      requireNonNull(path, "path");
      requireNonNull(mime, "mime");
    }
  }

  /** How it goes. */
  record Status(String label, Optional<String> detail) implements ContentPart {
    public Status {
      requireNonNull(label, "label");
      requireNonNull(detail, "detail");
    }
  }
}
