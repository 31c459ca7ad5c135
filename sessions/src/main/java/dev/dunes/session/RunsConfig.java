package dev.dunes.session;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.Agent;
import dev.dunes.gateway.Gateway;
import dev.dunes.gateway.GatewayOptions;
import dev.dunes.sandbox.Sandboxes;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * How {@link Runs} are set up. Everything else is read from the working directory ({@code
 * sandstorm.json}, {@code .env}, {@code config/limits.yaml}) and from the environment.
 */
public final class RunsConfig {
  private final Path directory;
  private final Map<String, String> environment;
  private final Map<String, Agent> agents;
  private final Optional<Sandboxes> sandboxes;
  private final Function<GatewayOptions, Gateway> gateways;
  private final RunObserver observer;
  private final boolean serving;
  private final InstantSource clock;

  private RunsConfig(Builder builder) {
    this.directory = builder.directory.toAbsolutePath().normalize();
    this.environment = Map.copyOf(builder.environment);
    this.agents = Map.copyOf(builder.agents);
    this.sandboxes = builder.sandboxes;
    this.gateways = builder.gateways;
    this.observer = builder.observer;
    this.serving = builder.serving;
    this.clock = builder.clock;
  }

  public static Builder builder() {
    return new Builder();
  }

  /** The working directory. */
  public Path directory() {
    return directory;
  }

  /** The environment of the process. */
  public Map<String, String> environment() {
    return environment;
  }

  /** Agents given by the program, by name; they come before those that are built in. */
  public Map<String, Agent> agents() {
    return agents;
  }

  /** Where sandboxes come from, when the program says so. */
  public Optional<Sandboxes> sandboxes() {
    return sandboxes;
  }

  Function<GatewayOptions, Gateway> gateways() {
    return gateways;
  }

  /** Who hears what runs do. */
  public RunObserver observer() {
    return observer;
  }

  /** Whether runs are served to others for long: leftovers are looked for, triggers run. */
  public boolean serving() {
    return serving;
  }

  /** What says how old a session is. */
  InstantSource clock() {
    return clock;
  }

  /** The same for a server: served for long, and heard by this observer instead. */
  public RunsConfig with(RunObserver other) {
    Builder builder = new Builder();
    builder.directory = directory;
    builder.environment = environment;
    builder.agents.putAll(agents);
    builder.sandboxes = sandboxes;
    builder.gateways = gateways;
    builder.observer = other;
    builder.serving = true;
    builder.clock = clock;
    return builder.build();
  }

  /** Builds {@link RunsConfig}. Not safe for use by several threads. */
  public static final class Builder {
    private Path directory = Path.of("");
    private Map<String, String> environment = System.getenv();
    private final Map<String, Agent> agents = new HashMap<>();
    private Optional<Sandboxes> sandboxes = Optional.empty();
    private Function<GatewayOptions, Gateway> gateways = Gateway::open;
    private RunObserver observer = RunObserver.NONE;
    private boolean serving;
    private InstantSource clock = InstantSource.system();

    private Builder() {}

    /** The working directory; else that of the process. */
    public Builder directory(Path value) {
      directory = requireNonNull(value, "value");
      return this;
    }

    /** The environment; else that of the process. */
    public Builder environment(Map<String, String> value) {
      environment = requireNonNull(value, "value");
      return this;
    }

    /** Adds an agent under its own name. */
    public Builder agent(Agent agent) {
      agents.put(agent.id(), agent);
      return this;
    }

    /** Where sandboxes come from. They stay the caller's. */
    public Builder sandboxes(Sandboxes value) {
      sandboxes = Optional.of(value);
      return this;
    }

    /** Opens the gateway when the first run needs it; else {@link Gateway#open}. */
    public Builder gateways(Function<GatewayOptions, Gateway> value) {
      gateways = requireNonNull(value, "value");
      return this;
    }

    /** Who hears what runs do; else nobody. */
    public Builder observer(RunObserver value) {
      observer = requireNonNull(value, "value");
      return this;
    }

    /** Looks for leftovers of earlier processes at once and every 60 s, and runs triggers. */
    public Builder serving(boolean value) {
      serving = value;
      return this;
    }

    /** What says how old a session is; else the clock of this machine. */
    Builder clock(InstantSource value) {
      clock = requireNonNull(value, "value");
      return this;
    }

    public RunsConfig build() {
      return new RunsConfig(this);
    }
  }
}
