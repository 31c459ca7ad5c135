package dev.dunes.agent;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * How an agent shall work. Immutable. Fields hold JSON where the agent's own format is passed on.
 */
public final class AgentOptions {
  private final ModelAccess access;
  private final @Nullable String model;
  private final @Nullable String variant;
  private final @Nullable String mode;
  private final @Nullable Integer maxTurns;
  private final @Nullable Double maxBudgetUsd;
  private final @Nullable JsonNode systemPrompt;
  private final @Nullable String appendSystemPrompt;
  private final @Nullable List<String> allowedTools;
  private final @Nullable JsonNode subagents;
  private final @Nullable JsonNode mcpServers;
  private final @Nullable JsonNode outputSchema;
  private final @Nullable String resume;
  private final boolean fork;
  private final @Nullable String sessionId;
  private final int turnsBefore;
  private final boolean partialMessages;
  private final boolean skills;
  private final PermissionPolicy permissions;
  private final String workingDir;
  private final @Nullable String home;
  private final Map<String, String> env;

  private AgentOptions(Builder builder) {
    this.access = builder.access;
    this.model = builder.model;
    this.variant = builder.variant;
    this.mode = builder.mode;
    this.maxTurns = builder.maxTurns;
    this.maxBudgetUsd = builder.maxBudgetUsd;
    this.systemPrompt = builder.systemPrompt;
    this.appendSystemPrompt = builder.appendSystemPrompt;
    this.allowedTools = builder.allowedTools;
    this.subagents = builder.subagents;
    this.mcpServers = builder.mcpServers;
    this.outputSchema = builder.outputSchema;
    this.resume = builder.resume;
    this.fork = builder.fork;
    this.sessionId = builder.sessionId;
    this.turnsBefore = builder.turnsBefore;
    this.partialMessages = builder.partialMessages;
    this.skills = builder.skills;
    this.permissions = builder.permissions;
    this.workingDir = builder.workingDir;
    this.home = builder.home;
    this.env = Map.copyOf(builder.env);
  }

  public static Builder builder(ModelAccess access) {
    return new Builder(access);
  }

  /** How it reaches a model. */
  public ModelAccess access() {
    return access;
  }

  /** The model or alias; else the agent's own default. */
  public Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** How hard the model shall think, in the agent's own words; else its default. */
  public Optional<String> variant() {
    return Optional.ofNullable(variant);
  }

  /** How it shall work, see {@link AgentTraits#modes()}; else the first of its modes. */
  public Optional<String> mode() {
    return Optional.ofNullable(mode);
  }

  /** How many times the model may be asked in one turn. */
  public OptionalInt maxTurns() {
    return maxTurns == null ? OptionalInt.empty() : OptionalInt.of(maxTurns);
  }

  /** What a turn may cost in US dollars. */
  public OptionalDouble maxBudgetUsd() {
    return maxBudgetUsd == null ? OptionalDouble.empty() : OptionalDouble.of(maxBudgetUsd);
  }

  /** A text, or an object such as {@code {type:"preset",preset:"claude_code",append}}. */
  public Optional<JsonNode> systemPrompt() {
    return Optional.ofNullable(systemPrompt);
  }

  /** A text that follows the system prompt. */
  public Optional<String> appendSystemPrompt() {
    return Optional.ofNullable(appendSystemPrompt);
  }

  /** The only tools it may use, an empty list for none; else all. */
  public Optional<List<String>> allowedTools() {
    return Optional.ofNullable(allowedTools);
  }

  /**
   * Subagents by name: {@code {name: {description, prompt, tools?, model?}}}, or an array of them
   * with a {@code name} in each.
   */
  public Optional<JsonNode> subagents() {
    return Optional.ofNullable(subagents);
  }

  /** MCP servers by name. */
  public Optional<JsonNode> mcpServers() {
    return Optional.ofNullable(mcpServers);
  }

  /** A JSON schema that the final answer shall satisfy. */
  public Optional<JsonNode> outputSchema() {
    return Optional.ofNullable(outputSchema);
  }

  /** The conversation to go on with, see {@link AgentSession#nativeSessionId()}. */
  public Optional<String> resume() {
    return Optional.ofNullable(resume);
  }

  /** Whether resuming starts a conversation of its own and leaves the old one as it is. */
  public boolean fork() {
    return fork;
  }

  /** What the caller calls this conversation. */
  public Optional<String> sessionId() {
    return Optional.ofNullable(sessionId);
  }

  /** How many messages the caller has sent in this conversation before, to another process. */
  public int turnsBefore() {
    return turnsBefore;
  }

  /** Whether messages are given piece by piece, too. */
  public boolean partialMessages() {
    return partialMessages;
  }

  /** Whether there are skills in its home. */
  public boolean skills() {
    return skills;
  }

  /** Who decides what it may do; else {@link PermissionPolicy#ALLOW}. */
  public PermissionPolicy permissions() {
    return permissions;
  }

  /** Where it works inside the sandbox. */
  public String workingDir() {
    return workingDir;
  }

  /**
   * Its home inside the sandbox, absolute, by who knows it; else the sandbox is asked, which takes
   * a command.
   */
  public Optional<String> home() {
    return Optional.ofNullable(home);
  }

  /** Further variables of its environment. */
  public Map<String, String> env() {
    return env;
  }

  /** Builds {@link AgentOptions}. Not safe for use by several threads. */
  public static final class Builder {
    private final ModelAccess access;
    private @Nullable String model;
    private @Nullable String variant;
    private @Nullable String mode;
    private @Nullable Integer maxTurns;
    private @Nullable Double maxBudgetUsd;
    private @Nullable JsonNode systemPrompt;
    private @Nullable String appendSystemPrompt;
    private @Nullable List<String> allowedTools;
    private @Nullable JsonNode subagents;
    private @Nullable JsonNode mcpServers;
    private @Nullable JsonNode outputSchema;
    private @Nullable String resume;
    private boolean fork;
    private @Nullable String sessionId;
    private int turnsBefore;
    private boolean partialMessages;
    private boolean skills;
    private PermissionPolicy permissions = PermissionPolicy.ALLOW;
    private String workingDir = "/home/user";
    private @Nullable String home;
    private final Map<String, String> env = new LinkedHashMap<>();

    private Builder(ModelAccess access) {
      this.access = requireNonNull(access, "access");
    }

    public Builder model(String value) {
      model = requireNonNull(value, "value");
      return this;
    }

    public Builder variant(String value) {
      variant = requireNonNull(value, "value");
      return this;
    }

    public Builder mode(String value) {
      mode = requireNonNull(value, "value");
      return this;
    }

    /** 1 or more. */
    public Builder maxTurns(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("maxTurns must be 1 or more: " + value);
      }
      maxTurns = value;
      return this;
    }

    /** 0 or more. */
    public Builder maxBudgetUsd(double value) {
      if (!(value >= 0)) {
        throw new IllegalArgumentException("maxBudgetUsd must be 0 or more: " + value);
      }
      maxBudgetUsd = value;
      return this;
    }

    public Builder systemPrompt(JsonNode value) {
      systemPrompt = requireNonNull(value, "value");
      return this;
    }

    public Builder appendSystemPrompt(String value) {
      appendSystemPrompt = requireNonNull(value, "value");
      return this;
    }

    public Builder allowedTools(List<String> value) {
      allowedTools = List.copyOf(value);
      return this;
    }

    public Builder subagents(JsonNode value) {
      subagents = requireNonNull(value, "value");
      return this;
    }

    public Builder mcpServers(JsonNode value) {
      mcpServers = requireNonNull(value, "value");
      return this;
    }

    public Builder outputSchema(JsonNode value) {
      outputSchema = requireNonNull(value, "value");
      return this;
    }

    public Builder resume(String sessionId, boolean forked) {
      resume = requireNonNull(sessionId, "sessionId");
      fork = forked;
      return this;
    }

    /**
     * @param id what the caller calls this conversation
     * @param turns how many messages were sent in it before
     */
    public Builder session(String id, int turns) {
      sessionId = requireNonNull(id, "id");
      turnsBefore = turns;
      return this;
    }

    public Builder partialMessages(boolean value) {
      partialMessages = value;
      return this;
    }

    public Builder skills(boolean value) {
      skills = value;
      return this;
    }

    public Builder permissions(PermissionPolicy value) {
      permissions = requireNonNull(value, "value");
      return this;
    }

    public Builder workingDir(String path) {
      workingDir = requireNonNull(path, "path");
      return this;
    }

    public Builder home(String path) {
      home = requireNonNull(path, "path");
      return this;
    }

    public Builder env(String name, String value) {
      env.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      return this;
    }

    public AgentOptions build() {
      return new AgentOptions(this);
    }
  }
}
