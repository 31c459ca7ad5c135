package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens, finds and ends sandboxes at the provider that fits. Safe for use by several threads. */
public final class Sandboxes implements AutoCloseable {
  private Sandboxes() {}

  /** The one of this process: every provider it has, the environment's settings and {@link #configure}. */
  public static Sandboxes shared() {
    throw new UnsupportedOperationException("shared");
  }

  /**
   * Gives {@link #shared()} settings that come before environment variables, such as {@code e2b_api_key} or {@code
   * default_provider}. Providers opened before keep theirs until their next use.
   */
  public static void configure(Map<String, String> settings) {
    throw new UnsupportedOperationException("configure" + settings.keySet());
  }

  /** A builder for one of one's own. */
  public static SandboxesBuilder builder() {
    throw new UnsupportedOperationException("builder");
  }

  /** Runs a line of shell in a new sandbox of the default provider, which is destroyed in any case. */
  public static ExecResult run(String line) {
    throw new UnsupportedOperationException("run" + line);
  }

  /** Runs a command in a new sandbox, which is destroyed in any case. */
  public static ExecResult run(SandboxSpec spec, Command command) {
    throw new UnsupportedOperationException("run");
  }

  /** Runs lines of shell in one new sandbox up to the first that fails; it is destroyed in any case. */
  public static List<ExecResult> runMany(List<String> lines) {
    throw new UnsupportedOperationException("runMany");
  }

  /** Runs commands in one new sandbox up to the first that fails; it is destroyed in any case. */
  public static List<ExecResult> runMany(SandboxSpec spec, List<Command> commands) {
    throw new UnsupportedOperationException("runMany");
  }

  /** A new sandbox at the default provider. */
  public Sandbox create(SandboxSpec spec) {
    return create(spec, Placement.DEFAULT);
  }

  /** A new sandbox at the first provider that can make one. */
  public Sandbox create(SandboxSpec spec, Placement placement) {
    throw new UnsupportedOperationException("create");
  }

  /** A running sandbox that carries all the specification's labels, or else a new one, at the default provider. */
  public Sandbox getOrCreate(SandboxSpec spec) {
    return getOrCreate(spec, Placement.DEFAULT);
  }

  /** A running sandbox of these providers that carries all the specification's labels, or else a new one. */
  public Sandbox getOrCreate(SandboxSpec spec, Placement placement) {
    throw new UnsupportedOperationException("getOrCreate");
  }

  /** A running sandbox that carries all these labels, at any provider that can be used. */
  public Optional<Sandbox> find(Map<String, String> labels) {
    throw new UnsupportedOperationException("find");
  }

  /** A running sandbox that carries all these labels, at these providers. */
  public Optional<Sandbox> find(Map<String, String> labels, Placement placement) {
    throw new UnsupportedOperationException("find");
  }

  /** The sandbox of this id, at whichever provider knows it; an exception when several do. */
  public Optional<Sandbox> get(String id) {
    throw new UnsupportedOperationException("get");
  }

  /** The sandbox of this id. */
  public Optional<Sandbox> get(String provider, String id) {
    throw new UnsupportedOperationException("get");
  }

  /** The sandboxes of all providers that carry all these labels; a provider that fails is logged and left out. */
  public List<SandboxInfo> list(Map<String, String> labels) {
    return listing(labels).sandboxes();
  }

  /** The sandboxes of one provider that carry all these labels. */
  public List<SandboxInfo> list(String provider, Map<String, String> labels) {
    throw new UnsupportedOperationException("list");
  }

  /** The sandboxes of all providers that carry all these labels, and which providers failed. */
  public SandboxListing listing(Map<String, String> labels) {
    throw new UnsupportedOperationException("listing");
  }

  /** Ends a sandbox at whichever provider knows it; false when none does. */
  public boolean destroy(String id) {
    throw new UnsupportedOperationException("destroy");
  }

  /** Ends a sandbox; false when it did not exist. */
  public boolean destroy(String provider, String id) {
    throw new UnsupportedOperationException("destroy");
  }

  /** Runs a command in a sandbox by id; the values of secret variables in its output become {@code ***}. */
  public ExecResult execute(String provider, String id, Command command) {
    throw new UnsupportedOperationException("execute");
  }

  /** Runs a command in a sandbox by id; the values of secret variables become {@code ***} as the output comes. */
  public ExecStream stream(String provider, String id, Command command) {
    throw new UnsupportedOperationException("stream");
  }

  /** Whether each provider that can be used answers; asked all at once, at most 10 s each. */
  public Map<String, Boolean> healthCheck() {
    throw new UnsupportedOperationException("healthCheck");
  }

  /** Whether a provider answers within 10 s. */
  public boolean healthCheck(String provider) {
    throw new UnsupportedOperationException("healthCheck");
  }

  /** Ends the sandboxes of all providers that carry all these labels; how many. */
  public int cleanup(Map<String, String> labels, boolean excludeRunning) {
    throw new UnsupportedOperationException("cleanup");
  }

  /** Ends the sandboxes of one provider that carry all these labels; how many. */
  public int cleanup(String provider, Map<String, String> labels, boolean excludeRunning) {
    throw new UnsupportedOperationException("cleanup");
  }

  /** Which provider is used when none is named, and why. */
  public ProviderChoice choice() {
    throw new UnsupportedOperationException("choice");
  }

  /** Every provider, whether it can be used or not, in the order of detection. */
  public List<ProviderStatus> providers() {
    throw new UnsupportedOperationException("providers");
  }

  /** The names of the providers that can be used, in the order of detection. */
  public List<String> usableProviders() {
    throw new UnsupportedOperationException("usableProviders");
  }

  /** The default provider, opened. */
  public SandboxProvider provider() {
    throw new UnsupportedOperationException("provider");
  }

  /** A provider, opened. */
  public SandboxProvider provider(String name) {
    throw new UnsupportedOperationException("provider" + name);
  }

  /** Destroys what was kept ready and closes every provider that was opened. */
  @Override
  public void close() {
    throw new UnsupportedOperationException("close");
  }
}
