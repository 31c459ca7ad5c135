package dev.dunes.server;

import static java.util.Objects.requireNonNull;

import dev.dunes.session.RunsConfig;
import java.time.Duration;

/** Where a server listens and what it serves. Everything else is read by {@link RunsConfig}. */
public final class ServerConfig {
  private final String host;
  private final int port;
  private final RunsConfig runs;
  private final String version;
  private final Duration pingEvery;

  private ServerConfig(Builder builder) {
    this.host = builder.host;
    this.port = builder.port;
    this.runs = builder.runs;
    this.version = builder.version;
    this.pingEvery = builder.pingEvery;
  }

  /** A builder of a server for these runs. */
  public static Builder builder(RunsConfig runs) {
    return new Builder(runs);
  }

  /** The address to listen at; default {@code 0.0.0.0}. */
  public String host() {
    return host;
  }

  /** The port, 0 for any; default 8000. */
  public int port() {
    return port;
  }

  /** The runs. */
  public RunsConfig runs() {
    return runs;
  }

  /** What the server says is its version. */
  public String version() {
    return version;
  }

  /** How often a silent stream says that it is alive; default 30 s. */
  public Duration pingEvery() {
    return pingEvery;
  }

  /** Builds {@link ServerConfig}. Not safe for use by several threads. */
  public static final class Builder {
    private final RunsConfig runs;
    private String host = "0.0.0.0";
    private int port = 8000;
    private String version = "0.1.0";
    private Duration pingEvery = Duration.ofSeconds(30);

    private Builder(RunsConfig runs) {
      this.runs = requireNonNull(runs, "runs");
    }

    public Builder host(String value) {
      host = requireNonNull(value, "value");
      return this;
    }

    public Builder port(int value) {
      if (value < 0 || value > 65535) {
        throw new IllegalArgumentException("port must be from 0 to 65535: " + value);
      }
      port = value;
      return this;
    }

    public Builder version(String value) {
      version = requireNonNull(value, "value");
      return this;
    }

    public Builder pingEvery(Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException("pingEvery must be positive: " + value);
      }
      pingEvery = value;
      return this;
    }

    public ServerConfig build() {
      return new ServerConfig(this);
    }
  }
}
