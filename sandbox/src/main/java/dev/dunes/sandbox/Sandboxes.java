package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.spi.OutputCollector;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens, finds and ends sandboxes at the provider that fits. Safe for use by several threads.
 *
 * <p>Where no provider is named, the default is the one set by the program, else by {@code
 * DUNES_PROVIDER} or {@code SANDBOX_BACKEND}, else the first one registered, else the first one
 * that can be used in the order of detection, see {@link #choice()}.
 */
public final class Sandboxes implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sandboxes.class);
  private static final Duration HEALTH_LIMIT = Duration.ofSeconds(10);
  private static final Duration ASK_LIMIT = Duration.ofSeconds(30);

  /** What {@link #run(String)} and {@link #runMany(List)} make. */
  private static final SandboxSpec ONE_SHOT =
      SandboxSpec.builder().lifetime(Duration.ofMinutes(5)).build();

  private final ProviderRegistry registry;
  private final Function<ProviderRegistry, Optional<ProviderChoice>> chooser;
  private final Creator creator;
  private final Reuse reuse;

  Sandboxes(SandboxesBuilder builder) {
    this.registry = new ProviderRegistry(builder.settings, builder.registered, builder.factories);
    Optional<String> named = builder.defaultProvider;
    this.chooser = all -> ProviderChooser.choose(named, builder.settings, all);
    this.creator = new Creator(builder.options);
    this.reuse = new Reuse(registry::open, builder.options, builder.time);
  }

  /**
   * The one of this process: every provider it has, the environment's settings and {@link
   * #configure}.
   */
  public static Sandboxes shared() {
    return SharedSandboxes.get();
  }

  /**
   * Gives {@link #shared()} settings that come before environment variables, such as {@code
   * e2b_api_key} or {@code default_provider}. They hold for what is asked of {@link #shared()} from
   * now on.
   */
  public static void configure(Map<String, String> settings) {
    SharedSandboxes.configure(settings);
  }

  /** A builder for one of one's own. */
  public static SandboxesBuilder builder() {
    return new SandboxesBuilder();
  }

  /**
   * Runs a line of shell in a new sandbox of the default provider, which is destroyed in any case.
   */
  public static ExecResult run(String line) {
    return run(ONE_SHOT, Command.shell(line));
  }

  /** Runs a command in a new sandbox of the default provider, which is destroyed in any case. */
  public static ExecResult run(SandboxSpec spec, Command command) {
    return shared().inNewSandbox(spec, Placement.DEFAULT, sandbox -> sandbox.exec(command));
  }

  /**
   * Runs lines of shell in one new sandbox up to the first that fails; it is destroyed in any case.
   */
  public static List<ExecResult> runMany(List<String> lines) {
    return runMany(ONE_SHOT, lines.stream().map(Command::shell).toList());
  }

  /** Runs commands in one new sandbox up to the first that fails; it is destroyed in any case. */
  public static List<ExecResult> runMany(SandboxSpec spec, List<Command> commands) {
    return shared().inNewSandbox(spec, Placement.DEFAULT, s -> s.execMany(commands, true));
  }

  /** Does something in a new sandbox, which is destroyed in any case, detached or not. */
  public <T> T inNewSandbox(SandboxSpec spec, Placement placement, Function<Sandbox, T> work) {
    Sandbox sandbox = create(spec, placement);
    try {
      return work.apply(sandbox);
    } finally {
      Creation.destroy(sandbox);
    }
  }

  /** A new sandbox at the default provider. */
  public Sandbox create(SandboxSpec spec) {
    return create(spec, Placement.DEFAULT);
  }

  /**
   * A new sandbox at the first provider that can make one, its set-up commands run. Providers are
   * tried one at a time; an interruption or an invalid request ends the trying.
   *
   * @throws ProviderException {@code Failed to create sandbox with any provider: <last error>};
   *     what each provider threw is suppressed in it
   */
  public Sandbox create(SandboxSpec spec, Placement placement) {
    List<SandboxException> attempts = new ArrayList<>();
    for (String name : chain(placement)) {
      try {
        Sandbox sandbox = NamedSandbox.of(creator.create(name, registry.open(name), spec), name);
        LOG.debug("made sandbox {} at {}", sandbox.id(), name);
        return sandbox;
      } catch (SandboxInterruptedException | InvalidRequestException e) {
        attempts.forEach(e::addSuppressed);
        throw e;
      } catch (RuntimeException e) {
        LOG.debug("could not make a sandbox at {}", name, e);
        attempts.add(Failures.asSandboxException(name, e));
      }
    }
    throw Failures.ofChain(attempts);
  }

  /**
   * A running sandbox that carries all the specification's labels, or else a new one, at the
   * default provider.
   */
  public Sandbox getOrCreate(SandboxSpec spec) {
    return getOrCreate(spec, Placement.DEFAULT);
  }

  /**
   * A running sandbox of these providers that carries all the specification's labels, or else a new
   * one. In this process one is made at a time for the same provider and labels; one that another
   * process made at the same time stays if it is older. Closing a sandbox that was found does not
   * destroy it.
   */
  public Sandbox getOrCreate(SandboxSpec spec, Placement placement) {
    return reuse.getOrCreate(chain(placement), spec.labels(), () -> create(spec, placement));
  }

  /** A running sandbox that carries all these labels, at any provider that can be used. */
  public Optional<Sandbox> find(Map<String, String> labels) {
    return reuse.find(registry.usable(), labels);
  }

  /** A running sandbox that carries all these labels, at these providers. */
  public Optional<Sandbox> find(Map<String, String> labels, Placement placement) {
    return reuse.find(chain(placement), labels);
  }

  /**
   * The sandbox of this id, at whichever provider knows it.
   *
   * @throws InvalidRequestException when several know it
   */
  public Optional<Sandbox> get(String id) {
    return findProvider(id).flatMap(name -> get(name, id));
  }

  /** The sandbox of this id. */
  public Optional<Sandbox> get(String provider, String id) {
    return registry.open(provider).get(id).map(sandbox -> NamedSandbox.of(sandbox, provider));
  }

  /**
   * The sandboxes of all providers that carry all these labels; a provider that fails is logged and
   * left out.
   */
  public List<SandboxInfo> list(Map<String, String> labels) {
    SandboxListing listing = listing(labels);
    listing.errors().forEach((name, error) -> LOG.warn("could not list {}", name, error));
    return listing.sandboxes();
  }

  /** The sandboxes of one provider that carry all these labels. */
  public List<SandboxInfo> list(String provider, Map<String, String> labels) {
    return registry.open(provider).list(labels).stream()
        .map(info -> NamedSandbox.of(info, provider))
        .toList();
  }

  /**
   * The sandboxes of all providers that carry all these labels, and which providers failed; at most
   * 30 s.
   */
  public SandboxListing listing(Map<String, String> labels) {
    FanOut<List<SandboxInfo>> asked =
        FanOut.ask(registry.usable(), ASK_LIMIT, name -> list(name, labels));
    List<SandboxInfo> all = asked.answers().values().stream().flatMap(List::stream).toList();
    return new SandboxListing(all, asked.errors());
  }

  /** Ends a sandbox at whichever provider knows it; false when none does. */
  public boolean destroy(String id) {
    return findProvider(id).map(name -> destroy(name, id)).orElse(false);
  }

  /** Ends a sandbox; false when it did not exist. */
  public boolean destroy(String provider, String id) {
    return registry.open(provider).destroy(id);
  }

  /**
   * Runs a command in a sandbox by id; the values of secret variables in its output become {@code
   * ***}.
   */
  public ExecResult execute(String provider, String id, Command command) {
    return execute(provider, id, command, true);
  }

  /**
   * Runs a command in a sandbox by id.
   *
   * @param maskSecrets whether the values of secret variables of the command and the sandbox become
   *     {@code ***}
   */
  public ExecResult execute(String provider, String id, Command command, boolean maskSecrets) {
    try (RunningCommand running = start(provider, id, command, maskSecrets)) {
      return OutputCollector.collect(running, command.outputLimit());
    }
  }

  /**
   * Runs a command in a sandbox by id; the values of secret variables become {@code ***} as the
   * output comes.
   */
  public ExecStream stream(String provider, String id, Command command) {
    return new ExecStream(start(provider, id, command, true));
  }

  /** Whether each provider that can be used answers; asked all at once, at most 10 s. */
  public Map<String, Boolean> healthCheck() {
    List<String> names = registry.usable();
    FanOut<Boolean> asked = FanOut.ask(names, HEALTH_LIMIT, this::isHealthy);
    Map<String, Boolean> health = new LinkedHashMap<>();
    names.forEach(name -> health.put(name, asked.answers().getOrDefault(name, false)));
    asked.errors().forEach((name, error) -> LOG.warn("{} is not healthy", name, error));
    return health;
  }

  /** Whether a provider answers within 10 s. An unknown name is an exception. */
  public boolean healthCheck(String provider) {
    registry.availability(provider);
    FanOut<Boolean> asked = FanOut.ask(List.of(provider), HEALTH_LIMIT, this::isHealthy);
    asked.errors().forEach((name, error) -> LOG.warn("{} is not healthy", name, error));
    return asked.answers().getOrDefault(provider, false);
  }

  /**
   * Ends the sandboxes of all providers that carry all these labels; how many. Failures are logged.
   */
  public int cleanup(Map<String, String> labels, boolean excludeRunning) {
    return cleanup(list(labels), excludeRunning);
  }

  /**
   * Ends the sandboxes of one provider that carry all these labels; how many. Failures to end one
   * are logged.
   */
  public int cleanup(String provider, Map<String, String> labels, boolean excludeRunning) {
    return cleanup(list(provider, labels), excludeRunning);
  }

  /**
   * Which provider is used when none is named, and why.
   *
   * @throws ProviderException {@code No provider specified and no default provider set}
   */
  public ProviderChoice choice() {
    return chooser.apply(registry).orElseThrow(this::noDefault);
  }

  /** Every provider, whether it can be used or not, in the order of detection. */
  public List<ProviderStatus> providers() {
    return registry.statuses();
  }

  /** The names of the providers that can be used, in the order of detection. */
  public List<String> usableProviders() {
    return registry.usable();
  }

  /** The default provider, opened. */
  public SandboxProvider provider() {
    return provider(choice().name());
  }

  /**
   * A provider, opened.
   *
   * @throws ProviderException {@code Provider '<x>' not registered}; its remedy lists the known
   *     ones
   */
  public SandboxProvider provider(String name) {
    return registry.open(requireNonNull(name, "name"));
  }

  /** What is kept ready, when the options ask for it. */
  public Optional<SandboxPool> pool() {
    return creator.pool();
  }

  /** Destroys what was kept ready and closes every provider this object opened. */
  @Override
  public void close() {
    creator.close();
    registry.close();
  }

  private Collection<String> chain(Placement placement) {
    Optional<ProviderChoice> choice =
        placement.provider().isPresent() ? Optional.empty() : chooser.apply(registry);
    Collection<String> chain = placement.chain(choice.map(ProviderChoice::name));
    if (chain.isEmpty()) {
      throw noDefault();
    }
    return chain;
  }

  private ProviderException noDefault() {
    return new ProviderException(
        "No provider specified and no default provider set",
        ErrorDetails.remedy("`ds providers` shows what each provider needs"));
  }

  private RunningCommand start(String provider, String id, Command command, boolean maskSecrets) {
    Sandbox sandbox = get(provider, id).orElseThrow(() -> registry.open(provider).notFound(id));
    try {
      RunningCommand running = new OwningCommand(sandbox.start(command), sandbox);
      return maskSecrets ? SecretMask.of(sandbox.spec(), command).on(running) : running;
    } catch (RuntimeException | Error e) {
      sandbox.close();
      throw e;
    }
  }

  /** Not an answer of "none" when a provider that may know it could not be asked. */
  private Optional<String> findProvider(String id) {
    FanOut<Boolean> asked = FanOut.ask(registry.usable(), ASK_LIMIT, name -> knows(name, id));
    List<String> knowing =
        asked.answers().entrySet().stream()
            .filter(Map.Entry::getValue)
            .map(Map.Entry::getKey)
            .toList();
    if (knowing.size() > 1) {
      throw new InvalidRequestException(
          "provider",
          "several providers know '%s': %s".formatted(id, String.join(", ", knowing)),
          ErrorDetails.remedy("name the provider"));
    }
    if (knowing.isEmpty() && !asked.errors().isEmpty()) {
      throw asked.errors().values().iterator().next();
    }
    return knowing.stream().findFirst();
  }

  private boolean knows(String provider, String id) {
    Optional<Sandbox> found = registry.open(provider).get(id);
    found.ifPresent(Sandbox::close);
    return found.isPresent();
  }

  private boolean isHealthy(String provider) {
    registry.open(provider).healthCheck();
    return true;
  }

  private int cleanup(List<SandboxInfo> sandboxes, boolean excludeRunning) {
    int destroyed = 0;
    for (SandboxInfo info : sandboxes) {
      if (excludeRunning && info.state() == SandboxState.RUNNING) {
        continue;
      }
      try {
        destroyed += destroy(info.provider(), info.id()) ? 1 : 0;
      } catch (SandboxInterruptedException e) {
        throw e;
      } catch (RuntimeException e) {
        LOG.warn("could not destroy sandbox {} at {}", info.id(), info.provider(), e);
      }
    }
    return destroyed;
  }
}
