package dev.dunes.server;

import static java.util.Objects.requireNonNull;

import dev.dunes.server.http.Cors;
import dev.dunes.session.RunsConfig;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Where a server listens and what it serves. Everything else is read by {@link RunsConfig}. */
public final class ServerConfig {
  private final String host;
  private final int port;
  private final RunsConfig runs;
  private final String version;
  private final Duration pingEvery;
  private final Duration heartbeatEvery;
  private final Duration stallAfter;
  private final Optional<String> token;
  private final boolean open;
  private final Optional<Cors> cors;

  private ServerConfig(Builder builder) {
    this.host = builder.host;
    this.port = builder.port;
    this.runs = builder.runs;
    this.version = builder.version;
    this.pingEvery = builder.pingEvery;
    this.heartbeatEvery = builder.heartbeatEvery;
    this.stallAfter = builder.stallAfter;
    this.token = builder.token;
    this.open = builder.open;
    this.cors = builder.cors;
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

  /** How often a silent stream under {@code /v1} says that it is alive; default 15 s. */
  public Duration heartbeatEvery() {
    return heartbeatEvery;
  }

  /**
   * How long a client of a stream under {@code /v1} may take no byte before it is cut off; default
   * 60 s.
   */
  public Duration stallAfter() {
    return stallAfter;
  }

  /** A key that is good besides those of the settings. */
  public Optional<String> token() {
    return token;
  }

  /** Whether no key is asked for, whatever the settings say. */
  public boolean open() {
    return open;
  }

  /** What pages of other origins may do; else the settings say it. */
  Optional<Cors> cors() {
    return cors;
  }

  /** Builds {@link ServerConfig}. Not safe for use by several threads. */
  public static final class Builder {
    private final RunsConfig runs;
    private String host = "0.0.0.0";
    private int port = 8000;
    private String version = "0.1.0";
    private Duration pingEvery = Duration.ofSeconds(30);
    private Duration heartbeatEvery = Duration.ofSeconds(15);
    private Duration stallAfter = Duration.ofSeconds(60);
    private Optional<String> token = Optional.empty();
    private boolean open;
    private Optional<Cors> cors = Optional.empty();

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

    /** As {@link ServerConfig#heartbeatEvery}. */
    public Builder heartbeatEvery(Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException("heartbeatEvery must be positive: " + value);
      }
      heartbeatEvery = value;
      return this;
    }

    /** As {@link ServerConfig#stallAfter}. */
    public Builder stallAfter(Duration value) {
      if (!value.isPositive()) {
        throw new IllegalArgumentException("stallAfter must be positive: " + value);
      }
      stallAfter = value;
      return this;
    }

    /**
     * A key that is good besides those of the settings, shown as {@code Authorization: Bearer …} or
     * {@code Token …}. Agent API, sheet 2.5.
     */
    public Builder token(String value) {
      if (value.isBlank() || !value.equals(value.strip())) {
        throw new IllegalArgumentException("a token is not blank and has no space around it");
      }
      token = Optional.of(value);
      return this;
    }

    /** Asks for no key, whatever else is set. */
    public Builder noToken() {
      open = true;
      return this;
    }

    /**
     * What web pages of other origins may do, in place of {@code CORS_ORIGINS}. Agent API, sheet
     * 2.5.
     *
     * @param origins that may ask, such as {@code https://app.example}; empty for any
     * @param methods they may use; empty for any
     * @param headers they may send; empty for any
     * @param credentials whether browsers may send cookies and the like
     * @throws IllegalArgumentException when credentials are allowed to any origin
     */
    public Builder cors(
        List<String> origins, List<String> methods, List<String> headers, boolean credentials) {
      cors = Optional.of(new Cors(true, origins, methods, headers, credentials));
      return this;
    }

    /** Pages of other origins get no permission at all, in place of {@code CORS_ORIGINS}. */
    public Builder withoutCors() {
      cors = Optional.of(Cors.OFF);
      return this;
    }

    public ServerConfig build() {
      return new ServerConfig(this);
    }
  }
}
