package dev.dunes.sandbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** What a sandbox shall be like. Immutable; checked when built. */
public final class SandboxSpec {
  /** How long a sandbox lives unless told otherwise. */
  public static final Duration DEFAULT_LIFETIME = Duration.ofSeconds(120);

  /** A sandbox with nothing asked of it. */
  public static final SandboxSpec DEFAULT = builder().build();

  private final @Nullable String image;
  private final @Nullable String language;
  private final @Nullable Integer memoryMb;
  private final @Nullable Double cpuCores;
  private final @Nullable Integer diskMb;
  private final @Nullable Integer maxProcesses;
  private final Duration lifetime;
  private final Map<String, String> env;
  private final Map<String, String> labels;
  private final Map<String, String> providerConfig;
  private final List<String> setupCommands;
  private final boolean tolerateSetupFailure;
  private final @Nullable String workingDir;
  private final @Nullable NetworkMode network;
  private final List<HostRelay> relays;
  private final List<HostMount> mounts;
  private final List<VolumeMount> volumes;
  private final @Nullable IsolationTier isolation;
  private final boolean detached;

  private SandboxSpec(Builder builder) {
    this.image = builder.image;
    this.language = builder.language;
    this.memoryMb = builder.memoryMb;
    this.cpuCores = builder.cpuCores;
    this.diskMb = builder.diskMb;
    this.maxProcesses = builder.maxProcesses;
    this.lifetime = builder.lifetime;
    this.env = Map.copyOf(builder.env);
    this.labels = Map.copyOf(builder.labels);
    this.providerConfig = Map.copyOf(builder.providerConfig);
    this.setupCommands = List.copyOf(builder.setupCommands);
    this.tolerateSetupFailure = builder.tolerateSetupFailure;
    this.workingDir = builder.workingDir;
    this.network = builder.network;
    this.relays = List.copyOf(builder.relays);
    this.mounts = List.copyOf(builder.mounts);
    this.volumes = List.copyOf(builder.volumes);
    this.isolation = builder.isolation;
    this.detached = builder.detached;
    EnvNames.check("env", env);
    labels.forEach(Labels::check);
  }

  public static Builder builder() {
    return new Builder();
  }

  /** A builder that starts from this specification; changing it leaves this one alone. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.image = image;
    builder.language = language;
    builder.memoryMb = memoryMb;
    builder.cpuCores = cpuCores;
    builder.diskMb = diskMb;
    builder.maxProcesses = maxProcesses;
    builder.lifetime = lifetime;
    builder.env.putAll(env);
    builder.labels.putAll(labels);
    builder.providerConfig.putAll(providerConfig);
    builder.setupCommands.addAll(setupCommands);
    builder.tolerateSetupFailure = tolerateSetupFailure;
    builder.workingDir = workingDir;
    builder.network = network;
    builder.relays.addAll(relays);
    builder.mounts.addAll(mounts);
    builder.volumes.addAll(volumes);
    builder.isolation = isolation;
    builder.detached = detached;
    return builder;
  }

  /** The image, template or snapshot it starts from; else the provider's default. */
  public Optional<String> image() {
    return Optional.ofNullable(image);
  }

  /** A hint at the language that will be run. */
  public Optional<String> language() {
    return Optional.ofNullable(language);
  }

  /** The memory limit in MiB. */
  public OptionalInt memoryMb() {
    return memoryMb == null ? OptionalInt.empty() : OptionalInt.of(memoryMb);
  }

  /** The limit on processor time, in cores. */
  public OptionalDouble cpuCores() {
    return cpuCores == null ? OptionalDouble.empty() : OptionalDouble.of(cpuCores);
  }

  /** The limit on its writable files in MiB. */
  public OptionalInt diskMb() {
    return diskMb == null ? OptionalInt.empty() : OptionalInt.of(diskMb);
  }

  /** The limit on processes and threads. */
  public OptionalInt maxProcesses() {
    return maxProcesses == null ? OptionalInt.empty() : OptionalInt.of(maxProcesses);
  }

  /** How long it lives unless renewed; not the time limit of a command. */
  public Duration lifetime() {
    return lifetime;
  }

  /** Variables in the environment of every command. */
  public Map<String, String> env() {
    return env;
  }

  /** What it can be found by. */
  public Map<String, String> labels() {
    return labels;
  }

  /** Settings that mean something to one provider only. */
  public Map<String, String> providerConfig() {
    return providerConfig;
  }

  /** Lines of shell run in order once it is there; never when an existing one is reused. */
  public List<String> setupCommands() {
    return setupCommands;
  }

  /** Whether a set-up command that fails is no reason to give up. */
  public boolean tolerateSetupFailure() {
    return tolerateSetupFailure;
  }

  /** Where commands run unless they say otherwise; made when missing. */
  public Optional<String> workingDir() {
    return Optional.ofNullable(workingDir);
  }

  /**
   * What it can reach; else the provider's default, which is nothing for providers on this machine.
   */
  public Optional<NetworkMode> network() {
    return Optional.ofNullable(network);
  }

  /** Its ways out. */
  public List<HostRelay> relays() {
    return relays;
  }

  /** What of the host it sees, read-only. A provider that cannot show it refuses. */
  public List<HostMount> mounts() {
    return mounts;
  }

  /** Files it shares with others. A provider that cannot share them refuses. */
  public List<VolumeMount> volumes() {
    return volumes;
  }

  /** The weakest isolation that will do. A provider that cannot give it refuses. */
  public Optional<IsolationTier> isolation() {
    return Optional.ofNullable(isolation);
  }

  /**
   * This without what a sandbox can also be given later: labels, environment, lifetime.
   *
   * @see Assigning
   */
  public SandboxSpec shape() {
    Builder builder = toBuilder().lifetime(DEFAULT_LIFETIME);
    builder.env.clear();
    builder.labels.clear();
    return builder.build();
  }

  /** Whether it goes on when the program that made it ends. */
  public boolean detached() {
    return detached;
  }

  /** Equal in everything that was asked for. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof SandboxSpec that && everything().equals(that.everything());
  }

  @Override
  public int hashCode() {
    return everything().hashCode();
  }

  /** Never shows values of variables or settings: they may be keys. */
  @Override
  public String toString() {
    return "SandboxSpec[image=%s, lifetime=%s, labels=%s, env=%s, isolation=%s]"
        .formatted(image, lifetime, labels, env.keySet(), isolation);
  }

  private List<@Nullable Object> everything() {
    return Arrays.asList(
        image,
        language,
        memoryMb,
        cpuCores,
        diskMb,
        maxProcesses,
        lifetime,
        env,
        labels,
        providerConfig,
        setupCommands,
        tolerateSetupFailure,
        workingDir,
        network,
        relays,
        mounts,
        volumes,
        isolation,
        detached);
  }

  /** Builds a {@link SandboxSpec}. Not safe for use by several threads. */
  public static final class Builder {
    private @Nullable String image;
    private @Nullable String language;
    private @Nullable Integer memoryMb;
    private @Nullable Double cpuCores;
    private @Nullable Integer diskMb;
    private @Nullable Integer maxProcesses;
    private Duration lifetime = DEFAULT_LIFETIME;
    private final Map<String, String> env = new LinkedHashMap<>();
    private final Map<String, String> labels = new LinkedHashMap<>();
    private final Map<String, String> providerConfig = new LinkedHashMap<>();
    private final List<String> setupCommands = new ArrayList<>();
    private boolean tolerateSetupFailure;
    private @Nullable String workingDir;
    private @Nullable NetworkMode network;
    private final List<HostRelay> relays = new ArrayList<>();
    private final List<HostMount> mounts = new ArrayList<>();
    private final List<VolumeMount> volumes = new ArrayList<>();
    private @Nullable IsolationTier isolation;
    private boolean detached;

    private Builder() {}

    public Builder image(String name) {
      if (name.isBlank()) {
        throw InvalidRequestException.field("image", name, "the name of an image, or leave it out");
      }
      image = name;
      return this;
    }

    public Builder language(String name) {
      language = requireNonNull(name, "name");
      return this;
    }

    /** At least 4 MiB. */
    public Builder memoryMb(int mebibytes) {
      memoryMb = atLeast(4, "memoryMb", mebibytes);
      return this;
    }

    /** From 0.01 to 1024. */
    public Builder cpuCores(double cores) {
      if (!(cores >= 0.01 && cores <= 1024)) {
        throw InvalidRequestException.field("cpuCores", cores, "a number from 0.01 to 1024");
      }
      cpuCores = cores;
      return this;
    }

    /** At least 1 MiB. */
    public Builder diskMb(int mebibytes) {
      diskMb = atLeast(1, "diskMb", mebibytes);
      return this;
    }

    /** At least 4. */
    public Builder maxProcesses(int count) {
      maxProcesses = atLeast(4, "maxProcesses", count);
      return this;
    }

    /** From 1 s to 365 days. */
    public Builder lifetime(Duration duration) {
      if (duration.compareTo(Duration.ofSeconds(1)) < 0
          || duration.compareTo(Duration.ofDays(365)) > 0) {
        throw InvalidRequestException.field(
            "lifetime", duration, "a duration from 1 second to 365 days");
      }
      lifetime = duration;
      return this;
    }

    public Builder env(String name, String value) {
      env.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      return this;
    }

    public Builder env(Map<String, String> variables) {
      env.putAll(variables);
      return this;
    }

    public Builder label(String name, String value) {
      labels.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
      return this;
    }

    public Builder labels(Map<String, String> more) {
      labels.putAll(more);
      return this;
    }

    public Builder providerConfig(String key, String value) {
      providerConfig.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
      return this;
    }

    public Builder setupCommand(String line) {
      setupCommands.add(requireNonNull(line, "line"));
      return this;
    }

    public Builder setupCommands(List<String> lines) {
      setupCommands.addAll(lines);
      return this;
    }

    /** Keeps the sandbox even when a set-up command fails. */
    public Builder tolerateSetupFailure(boolean value) {
      tolerateSetupFailure = value;
      return this;
    }

    /** An absolute path. */
    public Builder workingDir(String path) {
      if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
        throw InvalidRequestException.field("workingDir", path, "an absolute path");
      }
      workingDir = path;
      return this;
    }

    public Builder network(NetworkMode mode) {
      network = requireNonNull(mode, "mode");
      return this;
    }

    public Builder relay(HostRelay relay) {
      relays.add(requireNonNull(relay, "relay"));
      return this;
    }

    public Builder mount(HostMount mount) {
      mounts.add(requireNonNull(mount, "mount"));
      return this;
    }

    public Builder volume(VolumeMount volume) {
      volumes.add(requireNonNull(volume, "volume"));
      return this;
    }

    public Builder isolation(IsolationTier weakest) {
      isolation = requireNonNull(weakest, "weakest");
      return this;
    }

    /** Lets it go on when the program that made it ends. */
    public Builder detached() {
      return detached(true);
    }

    public Builder detached(boolean value) {
      detached = value;
      return this;
    }

    public SandboxSpec build() {
      return new SandboxSpec(this);
    }

    private static int atLeast(int least, String field, int value) {
      if (value < least) {
        throw InvalidRequestException.field(field, value, "a number of at least " + least);
      }
      return value;
    }
  }
}
