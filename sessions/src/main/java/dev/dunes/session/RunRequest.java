package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What a run shall do. Immutable. Everything but the prompt has a default. */
public final class RunRequest {
  /** The agent where none is named. */
  public static final String DEFAULT_AGENT = "claude";

  private final String prompt;
  private final ProviderKeys keys;
  private final @Nullable String model;
  private final @Nullable Integer maxTurns;
  private final @Nullable JsonNode outputFormat;
  private final @Nullable Integer timeoutSeconds;
  private final InputFiles files;
  private final @Nullable List<String> allowedMcpServers;
  private final @Nullable List<String> allowedSkills;
  private final @Nullable List<String> allowedTools;
  private final @Nullable List<String> allowedAgents;
  private final @Nullable String resume;
  private final boolean forkSession;
  private final @Nullable Double maxBudgetUsd;
  private final RunScope scope;
  private final @Nullable String remember;
  private final @Nullable JsonNode extraAgents;
  private final Map<String, String> extraSkills;
  private final @Nullable Boolean keepSession;
  private final boolean extractFiles;
  private final String agent;
  private final @Nullable String provider;
  private final boolean unattended;

  private RunRequest(Builder builder) {
    this.prompt = builder.prompt;
    this.keys = builder.keys;
    this.model = builder.model;
    this.maxTurns = builder.maxTurns;
    this.outputFormat = builder.outputFormat;
    this.timeoutSeconds = builder.timeoutSeconds;
    this.files = builder.files;
    this.allowedMcpServers = builder.allowedMcpServers;
    this.allowedSkills = builder.allowedSkills;
    this.allowedTools = builder.allowedTools;
    this.allowedAgents = builder.allowedAgents;
    this.resume = builder.resume;
    this.forkSession = builder.forkSession;
    this.maxBudgetUsd = builder.maxBudgetUsd;
    this.scope = builder.scope;
    this.remember = builder.remember;
    this.extraAgents = builder.extraAgents;
    this.extraSkills = builder.extraSkills;
    this.keepSession = builder.keepSession;
    this.extractFiles = builder.extractFiles;
    this.agent = builder.agent;
    this.provider = builder.provider;
    this.unattended = builder.unattended;
  }

  /** A builder of a request for this prompt. */
  public static Builder builder(String prompt) {
    return new Builder(prompt);
  }

  /** What the agent is asked to do: 1 to 1,000,000 code points. */
  public String prompt() {
    return prompt;
  }

  /** Keys that came with it. */
  public ProviderKeys keys() {
    return keys;
  }

  /** The model; else that of the configuration, else the agent's own default. */
  public Optional<String> model() {
    return Optional.ofNullable(model);
  }

  /** How many times the model may be asked, at least 1. */
  public OptionalInt maxTurns() {
    return maxTurns == null ? OptionalInt.empty() : OptionalInt.of(maxTurns);
  }

  /** {@code {type:"json_schema",schema}}; an empty object switches the configured one off. */
  public Optional<JsonNode> outputFormat() {
    return Optional.ofNullable(outputFormat);
  }

  /** How long it may run from the moment its sandbox is ready, 5 to 3600 s; default 300. */
  public OptionalInt timeoutSeconds() {
    return timeoutSeconds == null ? OptionalInt.empty() : OptionalInt.of(timeoutSeconds);
  }

  /** What is put into its home first. */
  public InputFiles files() {
    return files;
  }

  /** Which of the configured MCP servers it gets; else all. */
  public Optional<List<String>> allowedMcpServers() {
    return Optional.ofNullable(allowedMcpServers);
  }

  /** Which skills it gets; else all. */
  public Optional<List<String>> allowedSkills() {
    return Optional.ofNullable(allowedSkills);
  }

  /** The only tools it may use; an empty list for none; else those of the configuration. */
  public Optional<List<String>> allowedTools() {
    return Optional.ofNullable(allowedTools);
  }

  /** Which subagents it gets; else all. */
  public Optional<List<String>> allowedAgents() {
    return Optional.ofNullable(allowedAgents);
  }

  /** The kept conversation it goes on with. */
  public Optional<String> resume() {
    return Optional.ofNullable(resume);
  }

  /** Whether going on starts a conversation of its own. */
  public boolean forkSession() {
    return forkSession;
  }

  /** What it may cost in US dollars. */
  public OptionalDouble maxBudgetUsd() {
    return maxBudgetUsd == null ? OptionalDouble.empty() : OptionalDouble.of(maxBudgetUsd);
  }

  /** Whose memories it is given. */
  public RunScope scope() {
    return scope;
  }

  /** A text that is kept as the user's memory before it begins. */
  public Optional<String> remember() {
    return Optional.ofNullable(remember);
  }

  /** Subagents beside the configured ones: name to object. */
  public Optional<JsonNode> extraAgents() {
    return Optional.ofNullable(extraAgents);
  }

  /** Skills beside the configured ones: name to the text of their {@code SKILL.md}. */
  public Map<String, String> extraSkills() {
    return extraSkills;
  }

  /**
   * Whether its conversation is kept, so that another run can go on with it; else as {@code
   * DUNES_KEEP_SESSIONS} says.
   */
  public Optional<Boolean> keepSession() {
    return Optional.ofNullable(keepSession);
  }

  /** Whether files it makes become events. */
  public boolean extractFiles() {
    return extractFiles;
  }

  /** The agent, such as {@code claude}. */
  public String agent() {
    return agent;
  }

  /**
   * The provider of its sandbox, named by the caller; comes before everything else that could
   * choose one.
   */
  public Optional<String> provider() {
    return Optional.ofNullable(provider);
  }

  /** Whether it runs on when nobody listens. Else its end is that of its last subscription. */
  public boolean unattended() {
    return unattended;
  }

  /** Never shows the prompt or keys. */
  @Override
  public String toString() {
    return "RunRequest[agent=%s, model=%s, keys=%s, files=%s]".formatted(agent, model, keys, files);
  }

  /** Builds a {@link RunRequest}. Not safe for use by several threads. */
  public static final class Builder {
    private static final int LONGEST_PROMPT = 1_000_000;

    private final String prompt;
    private ProviderKeys keys = ProviderKeys.NONE;
    private @Nullable String model;
    private @Nullable Integer maxTurns;
    private @Nullable JsonNode outputFormat;
    private @Nullable Integer timeoutSeconds;
    private InputFiles files = InputFiles.NONE;
    private @Nullable List<String> allowedMcpServers;
    private @Nullable List<String> allowedSkills;
    private @Nullable List<String> allowedTools;
    private @Nullable List<String> allowedAgents;
    private @Nullable String resume;
    private boolean forkSession = false;
    private @Nullable Double maxBudgetUsd;
    private RunScope scope = RunScope.DEFAULT;
    private @Nullable String remember;
    private @Nullable JsonNode extraAgents;
    private Map<String, String> extraSkills = Map.of();
    private @Nullable Boolean keepSession;
    private boolean extractFiles = true;
    private String agent = DEFAULT_AGENT;
    private @Nullable String provider;
    private boolean unattended = false;

    private Builder(String prompt) {
      this.prompt = requireNonNull(prompt, "prompt");
    }

    /** See {@link RunRequest#keys()}. */
    public Builder keys(ProviderKeys value) {
      keys = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#model()}. */
    public Builder model(String value) {
      model = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#maxTurns()}. */
    public Builder maxTurns(int value) {
      maxTurns = value;
      return this;
    }

    /** See {@link RunRequest#outputFormat()}. */
    public Builder outputFormat(JsonNode value) {
      outputFormat = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#timeoutSeconds()}. */
    public Builder timeoutSeconds(int value) {
      timeoutSeconds = value;
      return this;
    }

    /** See {@link RunRequest#files()}. */
    public Builder files(InputFiles value) {
      files = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#allowedMcpServers()}. */
    public Builder allowedMcpServers(List<String> value) {
      allowedMcpServers = List.copyOf(value);
      return this;
    }

    /** See {@link RunRequest#allowedSkills()}. */
    public Builder allowedSkills(List<String> value) {
      allowedSkills = List.copyOf(value);
      return this;
    }

    /** See {@link RunRequest#allowedTools()}. */
    public Builder allowedTools(List<String> value) {
      allowedTools = List.copyOf(value);
      return this;
    }

    /** See {@link RunRequest#allowedAgents()}. */
    public Builder allowedAgents(List<String> value) {
      allowedAgents = List.copyOf(value);
      return this;
    }

    /** See {@link RunRequest#resume()}. */
    public Builder resume(String value) {
      resume = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#forkSession()}. */
    public Builder forkSession(boolean value) {
      forkSession = value;
      return this;
    }

    /** See {@link RunRequest#maxBudgetUsd()}. */
    public Builder maxBudgetUsd(double value) {
      maxBudgetUsd = value;
      return this;
    }

    /** See {@link RunRequest#scope()}. */
    public Builder scope(RunScope value) {
      scope = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#remember()}. */
    public Builder remember(String value) {
      remember = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#extraAgents()}. */
    public Builder extraAgents(JsonNode value) {
      extraAgents = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#extraSkills()}. */
    public Builder extraSkills(Map<String, String> value) {
      extraSkills = new LinkedHashMap<>(value);
      return this;
    }

    /** See {@link RunRequest#keepSession()}. */
    public Builder keepSession(boolean value) {
      keepSession = value;
      return this;
    }

    /** See {@link RunRequest#extractFiles()}. */
    public Builder extractFiles(boolean value) {
      extractFiles = value;
      return this;
    }

    /** See {@link RunRequest#agent()}. */
    public Builder agent(String value) {
      agent = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#provider()}. */
    public Builder provider(String value) {
      provider = requireNonNull(value, "value");
      return this;
    }

    /** See {@link RunRequest#unattended()}. */
    public Builder unattended(boolean value) {
      unattended = value;
      return this;
    }

    /**
     * The request, checked.
     *
     * @throws RunRefusedException with the field that is wrong
     */
    public RunRequest build() {
      int length = prompt.codePointCount(0, prompt.length());
      check(length >= 1 && length <= LONGEST_PROMPT, "prompt", "1 to 1,000,000 characters");
      check(model == null || !model.isEmpty(), "model", "at least 1 character");
      check(maxTurns == null || maxTurns >= 1, "max_turns", "at least 1");
      check(
          timeoutSeconds == null || timeoutSeconds >= 5 && timeoutSeconds <= 3600,
          "timeout",
          "5 to 3600 seconds");
      check(remember == null || Memories.valid(remember), "remember", "1 to 4,000 characters");
      check(maxBudgetUsd == null || maxBudgetUsd >= 0, "max_budget_usd", "at least 0");
      Names.checkAll("agent", "extra_agents", extraAgents == null ? List.of() : names(extraAgents));
      Names.checkAll("skill", "extra_skills", extraSkills.keySet());
      return new RunRequest(this);
    }

    private static List<String> names(JsonNode object) {
      return List.copyOf(object.propertyNames());
    }

    private static void check(boolean good, String field, String expected) {
      if (!good) {
        throw RunRefusedException.invalidField(field, field + " must be " + expected);
      }
    }
  }
}
