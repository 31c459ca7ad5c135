package dev.dunes.hosting;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.Sandboxes;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/** How {@link Hosting} is set up. */
public final class HostingConfig {
  private final Path directory;
  private final Supplier<Sandboxes> sandboxes;
  private final Optional<String> provider;
  private final AccountLimits limits;
  private final boolean limitsRequired;
  private final Duration idle;
  private final Duration pausedFor;
  private final Duration webhookPause;
  private final Duration buildLimit;
  private final BaseImages baseImages;
  private final Duration metricsEvery;
  private final boolean privateWebhooks;
  private final boolean internet;
  private final int spares;
  private final Optional<Egress> egress;

  private HostingConfig(Builder builder) {
    this.directory = builder.directory;
    this.sandboxes = builder.sandboxes;
    this.provider = builder.provider;
    this.limits = builder.limits;
    this.limitsRequired = builder.limitsRequired;
    this.idle = builder.idle;
    this.pausedFor = builder.pausedFor;
    this.webhookPause = builder.webhookPause;
    this.buildLimit = builder.buildLimit;
    this.baseImages = builder.baseImages;
    this.metricsEvery = builder.metricsEvery;
    this.privateWebhooks = builder.privateWebhooks;
    this.internet = builder.internet;
    this.spares = builder.spares;
    this.egress = builder.egress;
  }

  /**
   * A builder.
   *
   * @param directory where everything is kept; made when something is
   * @param sandboxes where sandboxes come from; asked for when the first one is needed. They stay
   *     the caller's
   */
  public static Builder builder(Path directory, Supplier<Sandboxes> sandboxes) {
    return new Builder(directory, sandboxes);
  }

  Path directory() {
    return directory;
  }

  Supplier<Sandboxes> sandboxes() {
    return sandboxes;
  }

  Optional<String> provider() {
    return provider;
  }

  /** What an account may have unless its key says otherwise. */
  public AccountLimits limits() {
    return limits;
  }

  boolean limitsRequired() {
    return limitsRequired;
  }

  Duration idle() {
    return idle;
  }

  Duration pausedFor() {
    return pausedFor;
  }

  Duration webhookPause() {
    return webhookPause;
  }

  Duration buildLimit() {
    return buildLimit;
  }

  BaseImages baseImages() {
    return baseImages;
  }

  Duration metricsEvery() {
    return metricsEvery;
  }

  boolean privateWebhooks() {
    return privateWebhooks;
  }

  boolean internet() {
    return internet;
  }

  int spares() {
    return spares;
  }

  Optional<Egress> egress() {
    return egress;
  }

  /** Builds {@link HostingConfig}. Not safe for use by several threads. */
  public static final class Builder {
    private final Path directory;
    private final Supplier<Sandboxes> sandboxes;
    private Optional<String> provider = Optional.empty();
    private AccountLimits limits = AccountLimits.DEFAULT;
    private boolean limitsRequired;
    private Duration idle = Duration.ZERO;
    private Duration pausedFor = Duration.ofDays(30);
    private Duration webhookPause = Duration.ofSeconds(10);
    private Duration buildLimit = Duration.ofMinutes(15);
    private BaseImages baseImages = BaseImages.DEFAULT;
    private Duration metricsEvery = Duration.ofSeconds(10);
    private boolean privateWebhooks;
    private boolean internet;
    private int spares;
    private Optional<Egress> egress = Optional.empty();

    private Builder(Path directory, Supplier<Sandboxes> sandboxes) {
      this.directory = requireNonNull(directory, "directory");
      this.sandboxes = requireNonNull(sandboxes, "sandboxes");
    }

    /** Where new sandboxes are made; else at the default provider. */
    public Builder provider(String name) {
      provider = Optional.of(name);
      return this;
    }

    /** What an account may have unless its key says otherwise. */
    public Builder limits(AccountLimits value) {
      limits = requireNonNull(value, "value");
      return this;
    }

    /**
     * Refuses sandboxes whose limits the provider cannot keep. Otherwise those are left out that it
     * cannot keep, which is logged.
     */
    public Builder limitsRequired(boolean value) {
      limitsRequired = value;
      return this;
    }

    /**
     * After how long without a request sandboxes are suspended that do not say so themselves; zero,
     * the default, for never.
     */
    public Builder idle(Duration value) {
      idle = requireNonNull(value, "value");
      return this;
    }

    /** How long a sandbox may be paused with its memory; 30 days unless set. */
    public Builder pausedFor(Duration value) {
      pausedFor = requireNonNull(value, "value");
      return this;
    }

    /** How long a delivery waits before it is tried again; 10 s unless set. */
    public Builder webhookPause(Duration value) {
      webhookPause = requireNonNull(value, "value");
      return this;
    }

    /** How long the build of a template may take; 15 min unless set. */
    public Builder buildLimit(Duration value) {
      buildLimit = requireNonNull(value, "value");
      return this;
    }

    /**
     * Whether builds, and sandboxes for which nothing is said, reach all names and public
     * addresses, at providers that have a way out which keeps to rules and would leave them without
     * one. False unless set.
     */
    public Builder internet(boolean value) {
      internet = value;
      return this;
    }

    /** Which images builds may begin with because templates stand for them. */
    public Builder baseImages(BaseImages value) {
      baseImages = requireNonNull(value, "value");
      return this;
    }

    /** How often sandboxes are looked at whose metrics somebody asks for; 10 s unless set. */
    public Builder metricsEvery(Duration value) {
      metricsEvery = requireNonNull(value, "value");
      return this;
    }

    /** Lets accounts other than the main one send events into this machine's own network. */
    public Builder privateWebhooks(boolean value) {
      privateWebhooks = value;
      return this;
    }

    /**
     * How many sandboxes wait, made ahead of need, of each kind that is asked for again and again;
     * 0, the default, for none. Only where the provider can give them away, see {@link
     * dev.dunes.sandbox.Assigning}.
     */
    public Builder spares(int value) {
      if (value < 0) {
        throw new IllegalArgumentException("spares: " + value + " is less than 0");
      }
      spares = value;
      return this;
    }

    /** What gives sandboxes a way out that keeps to rules; without it there is none. */
    public Builder egress(Egress value) {
      egress = Optional.of(value);
      return this;
    }

    public HostingConfig build() {
      return new HostingConfig(this);
    }
  }
}
