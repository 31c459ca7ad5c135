package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a session shall be. Immutable. The first fields are those of the agent API, sheet 2.3; the
 * others are ours.
 */
public final class SessionSpec {
  private final String agent;
  private final @Nullable String agentMode;
  private final @Nullable String permissionMode;
  private final @Nullable String model;
  private final @Nullable String variant;
  private final @Nullable String agentVersion;
  private final @Nullable String title;
  private final @Nullable String directory;
  private final Map<String, String> env;
  private final Map<String, byte[]> files;
  private final @Nullable String provider;
  private final @Nullable String template;
  private final @Nullable List<String> egress;
  private final @Nullable Double cpus;
  private final @Nullable Integer memoryMb;
  private final @Nullable Duration turnTimeout;
  private final @Nullable Duration idleTimeout;
  private final @Nullable Double maxBudgetUsd;
  private final @Nullable String systemPrompt;
  private final @Nullable List<String> allowedTools;
  private final @Nullable JsonNode mcpServers;
  private final @Nullable JsonNode outputSchema;
  private final boolean turnEvents;
  private final @Nullable String workspace;

  private SessionSpec(Builder builder) {
    this.agent = builder.agent;
    this.agentMode = builder.agentMode;
    this.permissionMode = builder.permissionMode;
    this.model = builder.model;
    this.variant = builder.variant;
    this.agentVersion = builder.agentVersion;
    this.title = builder.title;
    this.directory = builder.directory;
    this.env = Map.copyOf(builder.env);
    this.files = Map.copyOf(builder.files);
    this.provider = builder.provider;
    this.template = builder.template;
    this.egress = builder.egress;
    this.cpus = builder.cpus;
    this.memoryMb = builder.memoryMb;
    this.turnTimeout = builder.turnTimeout;
    this.idleTimeout = builder.idleTimeout;
    this.maxBudgetUsd = builder.maxBudgetUsd;
    this.systemPrompt = builder.systemPrompt;
    this.allowedTools = builder.allowedTools;
    this.mcpServers = builder.mcpServers;
    this.outputSchema = builder.outputSchema;
    this.turnEvents = builder.turnEvents;
    this.workspace = builder.workspace;
  }

  /** A session with this agent. */
  public static Builder builder(String agent) {
    return new Builder(agent);
  }

  /** The agent's id. */
  public String agent() {
    return agent;
  }

  /** A mode of the agent; else its first. */
  public Optional<String> agentMode() {
    return Optional.ofNullable(agentMode);
  }

  /** {@code default}, {@code plan} or {@code bypass}; else {@code default}. */
  public Optional<String> permissionMode() {
    return Optional.ofNullable(permissionMode);
  }

  /** The model or alias; else the agent's own default. */
  public Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** How hard the model shall think, in the agent's own words. */
  public Optional<String> variant() {
    return Optional.ofNullable(variant);
  }

  /** The version to install; counts only when the agent is not installed. */
  public Optional<String> agentVersion() {
    return Optional.ofNullable(agentVersion);
  }

  /** For people. */
  public Optional<String> title() {
    return Optional.ofNullable(title);
  }

  /** Where the agent works, absolute, in the sandbox; must exist there. */
  public Optional<String> directory() {
    return Optional.ofNullable(directory);
  }

  /** Further variables of the agent's environment. */
  public Map<String, String> env() {
    return env;
  }

  /** Files to begin with, by path in the sandbox. */
  public Map<String, byte[]> files() {
    return files;
  }

  /** Where the sandbox comes from; else as runs choose. */
  public Optional<String> provider() {
    return Optional.ofNullable(provider);
  }

  /** The image or template of the sandbox. */
  public Optional<String> template() {
    return Optional.ofNullable(template);
  }

  /** Hosts and presets the sandbox may reach; else what the settings allow. */
  public Optional<List<String>> egress() {
    return Optional.ofNullable(egress);
  }

  /** How many processors the sandbox may use. */
  public OptionalDouble cpus() {
    return cpus == null ? OptionalDouble.empty() : OptionalDouble.of(cpus);
  }

  /** How much memory the sandbox may use, in MiB. */
  public OptionalInt memoryMb() {
    return memoryMb == null ? OptionalInt.empty() : OptionalInt.of(memoryMb);
  }

  /** How long a turn may take; else the setting. */
  public Optional<Duration> turnTimeout() {
    return Optional.ofNullable(turnTimeout);
  }

  /** How long a turn may go without any progress; else the setting. */
  public Optional<Duration> idleTimeout() {
    return Optional.ofNullable(idleTimeout);
  }

  /** What the session may cost in US dollars. */
  public OptionalDouble maxBudgetUsd() {
    return maxBudgetUsd == null ? OptionalDouble.empty() : OptionalDouble.of(maxBudgetUsd);
  }

  /** In place of the agent's own. */
  public Optional<String> systemPrompt() {
    return Optional.ofNullable(systemPrompt);
  }

  /** The only tools it may use; else all. */
  public Optional<List<String>> allowedTools() {
    return Optional.ofNullable(allowedTools);
  }

  /** MCP servers by name. */
  public Optional<JsonNode> mcpServers() {
    return Optional.ofNullable(mcpServers);
  }

  /** A JSON schema for the answers. */
  public Optional<JsonNode> outputSchema() {
    return Optional.ofNullable(outputSchema);
  }

  /** Whether {@code turn.started} and {@code turn.ended} are told, too. */
  public boolean turnEvents() {
    return turnEvents;
  }

  /** The workspace it shares with others, see {@link Runs#workspace}; else a sandbox of its own. */
  public Optional<String> workspace() {
    return Optional.ofNullable(workspace);
  }

  /** Builds {@link SessionSpec}. Not safe for use by several threads. */
  public static final class Builder {
    private final String agent;
    private @Nullable String agentMode;
    private @Nullable String permissionMode;
    private @Nullable String model;
    private @Nullable String variant;
    private @Nullable String agentVersion;
    private @Nullable String title;
    private @Nullable String directory;
    private final Map<String, String> env = new LinkedHashMap<>();
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private @Nullable String provider;
    private @Nullable String template;
    private @Nullable List<String> egress;
    private @Nullable Double cpus;
    private @Nullable Integer memoryMb;
    private @Nullable Duration turnTimeout;
    private @Nullable Duration idleTimeout;
    private @Nullable Double maxBudgetUsd;
    private @Nullable String systemPrompt;
    private @Nullable List<String> allowedTools;
    private @Nullable JsonNode mcpServers;
    private @Nullable JsonNode outputSchema;
    private boolean turnEvents;
    private @Nullable String workspace;

    private Builder(String agent) {
      this.agent = requireNonNull(agent, "agent");
    }

    public Builder agentMode(String value) {
      agentMode = requireNonNull(value, "value");
      return this;
    }

    public Builder permissionMode(String value) {
      permissionMode = requireNonNull(value, "value");
      return this;
    }

    public Builder model(String value) {
      model = requireNonNull(value, "value");
      return this;
    }

    public Builder variant(String value) {
      variant = requireNonNull(value, "value");
      return this;
    }

    public Builder agentVersion(String value) {
      agentVersion = requireNonNull(value, "value");
      return this;
    }

    public Builder title(String value) {
      title = requireNonNull(value, "value");
      return this;
    }

    public Builder directory(String value) {
      directory = requireNonNull(value, "value");
      return this;
    }

    public Builder env(String name, String value) {
      env.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      return this;
    }

    /** A file to begin with; the bytes are not copied. */
    public Builder file(String path, byte[] content) {
      files.put(requireNonNull(path, "path"), requireNonNull(content, "content"));
      return this;
    }

    public Builder provider(String value) {
      provider = requireNonNull(value, "value");
      return this;
    }

    public Builder template(String value) {
      template = requireNonNull(value, "value");
      return this;
    }

    public Builder egress(List<String> value) {
      egress = List.copyOf(value);
      return this;
    }

    public Builder cpus(double value) {
      cpus = value;
      return this;
    }

    public Builder memoryMb(int value) {
      memoryMb = value;
      return this;
    }

    public Builder turnTimeout(Duration value) {
      turnTimeout = requireNonNull(value, "value");
      return this;
    }

    public Builder idleTimeout(Duration value) {
      idleTimeout = requireNonNull(value, "value");
      return this;
    }

    public Builder maxBudgetUsd(double value) {
      maxBudgetUsd = value;
      return this;
    }

    public Builder systemPrompt(String value) {
      systemPrompt = requireNonNull(value, "value");
      return this;
    }

    public Builder allowedTools(List<String> value) {
      allowedTools = List.copyOf(value);
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

    public Builder turnEvents(boolean value) {
      turnEvents = value;
      return this;
    }

    /** Its provider, template and limits are those of the workspace, not those of the session. */
    public Builder workspace(String name) {
      workspace = requireNonNull(name, "name");
      return this;
    }

    public SessionSpec build() {
      return new SessionSpec(this);
    }
  }
}
