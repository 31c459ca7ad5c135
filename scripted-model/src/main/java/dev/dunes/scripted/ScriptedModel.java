package dev.dunes.scripted;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model that answers from scripts, at a port of loopback, to clients of Anthropic Messages,
 * OpenAI Responses, Chat Completions and Gemini. Which script is played says a marker such as
 * {@code [[hello]]} in the user's text; which of its replies, the number of results of tools in the
 * request. Any key is accepted. Safe for use by several threads.
 */
public final class ScriptedModel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ScriptedModel.class);

  private final Engine engine;
  private final AtomicReference<Script> script;
  private final Faults faults = new Faults();
  private final Recordings recordings = new Recordings();
  private final AtomicLong unknown = new AtomicLong();
  private final Routes routes = new Routes(this);
  private final Listener listener;
  private volatile Duration latency;

  private ScriptedModel(Builder builder) {
    this.engine = new Engine(builder.seed);
    this.script = new AtomicReference<>(builder.script);
    this.latency = builder.latency;
    this.listener = new Listener(builder.port, this::serve);
  }

  /** Starts one with the standard script at a free port. */
  public static ScriptedModel start() {
    return builder().start();
  }

  public static Builder builder() {
    return new Builder();
  }

  private void serve(Socket socket) {
    try {
      new Connection(socket, routes).run();
    } catch (IOException e) {
      LOG.debug("connection: {}", e.toString());
    }
  }

  /** Where it listens, such as {@code http://127.0.0.1:8901}, without a path. */
  public URI uri() {
    return URI.create("http://127.0.0.1:" + listener.port());
  }

  /** The latest requests, oldest first: at most 20,000, and 256 MiB of bodies. */
  public List<RecordedRequest> requests() {
    return recordings.snapshot();
  }

  /**
   * Waits for a request of which something is true, such as that its client has left.
   *
   * @throws IllegalStateException when there is none after this time
   */
  public RecordedRequest await(Predicate<RecordedRequest> wanted, Duration limit)
      throws InterruptedException {
    return recordings
        .await(wanted, limit)
        .orElseThrow(
            () -> new IllegalStateException("no such request in " + limit + ": " + requests()));
  }

  /** Forgets the requests so far. */
  public void forgetRequests() {
    recordings.clear();
    unknown.set(0);
  }

  /** How many requests there were for routes that do not exist. */
  public long unknownRoutes() {
    return unknown.get();
  }

  /** Has every request for an answer of the model fail, until {@link #heal()}. */
  public void fail(Fault fault) {
    if (fault instanceof Fault.Refuse) {
      listener.refuse();
    } else {
      faults.set(fault);
    }
  }

  /**
   * Has the next requests for an answer of the model fail.
   *
   * @param times at least 1
   */
  public void fail(Fault fault, int times) {
    if (fault instanceof Fault.Refuse) {
      throw new IllegalArgumentException("a refused connection is not seen, so not counted");
    }
    faults.set(fault, times);
  }

  /** Refuses connections for a time. */
  void refuseFor(Duration time) {
    listener.refuse();
    Thread.ofVirtual()
        .name("scripted-model-refuse")
        .start(() -> {
          try {
            Thread.sleep(time);
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          listener.listen();
        });
  }

  /** Nothing goes wrong any more. */
  public void heal() {
    faults.clear();
    listener.listen();
  }

  /** How long each answer waits before it begins. */
  public void latency(Duration value) {
    if (value.isNegative()) {
      throw new IllegalArgumentException("latency must not be negative");
    }
    latency = value;
  }

  /** Adds a scenario, in place of one with the same name. */
  public void add(Scenario scenario) {
    script.updateAndGet(now -> now.with(scenario));
  }

  /** Adds scenarios and rules; these rules are asked first. */
  public void add(Script more) {
    script.updateAndGet(now -> now.with(more));
  }

  Duration latency() {
    return latency;
  }

  Faults faults() {
    return faults;
  }

  Recordings recordings() {
    return recordings;
  }

  void countUnknown() {
    unknown.incrementAndGet();
  }

  Reply reply(Protocol protocol, ModelRequest request) {
    return engine.reply(script.get(), protocol, request);
  }

  /** Stops listening and ends every connection. */
  @Override
  public void close() {
    listener.close();
  }

  /** How a model is to be. Not safe for use by several threads. */
  public static final class Builder {
    private int port;
    private Duration latency = Duration.ZERO;
    private Optional<Long> seed = Optional.empty();
    private Script script = Script.standard();

    private Builder() {}

    /** The port; else a free one. */
    public Builder port(int value) {
      port = value;
      return this;
    }

    /** How long each answer waits before it begins; else not at all. */
    public Builder latency(Duration value) {
      latency = requireNonNull(value, "value");
      return this;
    }

    /** Makes ids that are the same for equal requests; else they are random. */
    public Builder seed(long value) {
      seed = Optional.of(value);
      return this;
    }

    /** What it plays; else {@link Script#standard()}. */
    public Builder script(Script value) {
      script = requireNonNull(value, "value");
      return this;
    }

    /**
     * Starts it.
     *
     * @throws java.io.UncheckedIOException when the port is taken
     */
    public ScriptedModel start() {
      return new ScriptedModel(this);
    }
  }
}
