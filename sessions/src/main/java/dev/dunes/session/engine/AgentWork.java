package dev.dunes.session.engine;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentExit;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.ModelAccess;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.time.TimeLimit;
import dev.dunes.session.time.Timers;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The place and the agent of one session: opened when they are needed, closed when they are not.
 * One thread at a time opens or closes; a thread reads what the agent says as long as it lives.
 */
final class AgentWork {
  private static final Logger LOG = LoggerFactory.getLogger(AgentWork.class);

  /** An agent writes the end of its conversation when it ends. */
  private static final Duration STOP_LIMIT = Duration.ofSeconds(5);

  private static final Duration KEEP_LIMIT = Duration.ofSeconds(60);
  private static final ModelAccess NO_MODEL = new ModelAccess("", "", Map.of());

  /** Who hears what the agent says, on the thread that reads. */
  interface Listener {
    void heard(AgentOutput output);

    /**
     * It has ended by itself.
     *
     * @param exit how it ended, when that is known
     * @param failure what was thrown
     */
    void ended(Optional<AgentExit> exit, Optional<RuntimeException> failure);
  }

  private static final SecretMask NO_MASK = SecretMask.of(Map.of());

  private final FilledPlaces places;
  private final Keepsakes keepsakes;
  private final Timers timers;
  private final AgentStarter starter;
  private final Listener listener;
  private final ReentrantLock gate = new ReentrantLock();
  private volatile @Nullable AgentPlace place;
  private volatile @Nullable AgentSession agent;
  private @Nullable AgentSetup opened;

  AgentWork(EngineServices services, Keepsakes keepsakes, Listener listener) {
    this.places = new FilledPlaces(services.places(), keepsakes);
    this.keepsakes = keepsakes;
    this.timers = services.timers();
    this.starter = new AgentStarter(services);
    this.listener = listener;
  }

  /** The agent that lives, if any. */
  Optional<AgentSession> agent() {
    return Optional.ofNullable(agent);
  }

  /** The sandbox, if there is one. */
  Optional<Sandbox> sandbox() {
    return Optional.ofNullable(place).map(AgentPlace::sandbox);
  }

  /** Hides the secrets of the place that is open. */
  SecretMask mask() {
    AgentPlace current = place;
    return current == null ? NO_MASK : current.mask();
  }

  /** When a byte last went to or came from a model. */
  Instant lastActivity() {
    AgentPlace current = place;
    return current == null ? Instant.MIN : current.lastActivity();
  }

  /** Opens place and agent where they are not open; interruption ends the attempt. */
  AgentSession open(AgentSetup setup) {
    lockGate();
    try {
      AgentSession living = agent;
      if (living != null) {
        renew();
        return living;
      }
      AgentOptions options;
      if (setup.agent().traits().inProcess()) {
        options = setup.options(NO_MODEL, Map.of(), "/");
        living = setup.agent().open(NoSandbox.INSTANCE, options);
      } else {
        AgentPlace opened = openPlace(setup);
        options = setup.options(opened.access(), opened.environment(), opened.home());
        living = starter.start(setup.agent(), opened.sandbox(), options);
      }
      agent = living;
      opened = setup;
      AgentSession reading = living;
      Thread.ofVirtual().name("session-" + setup.sessionId()).start(() -> read(reading));
      return living;
    } finally {
      gate.unlock();
    }
  }

  private void lockGate() {
    try {
      gate.lockInterruptibly();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new SandboxInterruptedException("waiting for the agent", e);
    }
  }

  private void renew() {
    AgentPlace current = place;
    if (current != null) {
      current.renew();
    }
  }

  /** Opens the place alone, where it is not open. */
  AgentPlace openPlace(AgentSetup setup) {
    lockGate();
    try {
      AgentPlace current = place;
      if (current != null) {
        current.renew();
        return current;
      }
      AgentPlace made = places.open(setup);
      place = made;
      opened = setup;
      return made;
    } finally {
      gate.unlock();
    }
  }

  private void read(AgentSession reading) {
    Optional<AgentExit> exit = Optional.empty();
    Optional<RuntimeException> failure = Optional.empty();
    try {
      for (Optional<AgentOutput> next = reading.next(); next.isPresent(); next = reading.next()) {
        if (agent == reading) { // else it was told to end
          listener.heard(next.get());
        }
      }
      exit = Optional.of(reading.waitFor());
    } catch (AgentException | SandboxException e) {
      failure = Optional.of(e);
    } catch (RuntimeException e) {
      LOG.error("reading what an agent says failed", e);
      failure = Optional.of(e);
    }
    boolean byItself = agent == reading;
    if (byItself) {
      agent = null;
    }
    try {
      reading.close();
    } catch (AgentException | SandboxException e) {
      LOG.debug("the agent was gone", e);
    }
    if (byItself) {
      listener.ended(exit, failure);
    }
  }

  /** Keeps the conversation as it is after a turn. */
  void keepConversation() {
    AgentPlace current = place;
    AgentSetup setup = opened;
    if (current == null || setup == null || setup.agent().conversationFiles().isEmpty()) {
      return;
    }
    try (TimeLimit _ = new TimeLimit(timers, KEEP_LIMIT)) {
      keepsakes.keepConversation(setup.key(), setup.agent(), current.sandbox(), current.home());
    } catch (SandboxException e) {
      LOG.warn("the conversation of a session could not be kept: {}", e.getMessage());
    }
  }

  /** Keeps the conversation and the files as they are. */
  void keepAll() {
    gate.lock();
    try {
      keepConversation();
      keepWork();
    } finally {
      gate.unlock();
    }
  }

  private List<String> keepWork() {
    AgentPlace current = place;
    AgentSetup setup = opened;
    if (current == null || setup == null || current.shared()) {
      return List.of();
    }
    try (TimeLimit _ = new TimeLimit(timers, KEEP_LIMIT)) {
      return keepsakes.keepWork(setup.key(), setup.spec(), current.sandbox(), current.home());
    } catch (SandboxException e) {
      LOG.warn("the files of a session could not be kept: {}", e.getMessage());
      return List.of(current.home());
    }
  }

  /**
   * Ends agent and place in good order: what shall outlive them is kept.
   *
   * @param still whether that is still wanted, asked when nobody opens anything
   * @return the directories that could not be kept
   */
  List<String> rest(BooleanSupplier still) {
    gate.lock();
    try {
      if (!still.getAsBoolean()) {
        return List.of();
      }
      AgentSession living = agent;
      agent = null;
      if (living != null) {
        try (TimeLimit _ = new TimeLimit(timers, STOP_LIMIT)) {
          living.endInput();
          living.waitFor();
        } catch (SandboxException | AgentException e) {
          LOG.debug("an agent did not end by itself", e);
        }
      }
      keepConversation();
      List<String> lost = keepWork();
      close(living);
      return lost;
    } finally {
      gate.unlock();
    }
  }

  /** Ends the agent alone. */
  void endAgent() {
    AgentSession living = agent;
    agent = null;
    if (living != null) {
      close(living, "the agent");
    }
  }

  /** Ends agent and place with everything they started. */
  void end() {
    gate.lock();
    try {
      AgentSession living = agent;
      agent = null;
      close(living);
    } finally {
      gate.unlock();
    }
  }

  private void close(@Nullable AgentSession living) {
    AgentPlace current = place;
    place = null;
    boolean alone = current != null && !current.shared();
    if (living != null && !alone) {
      close(living, "the agent");
    }
    if (current != null) {
      close(current, "the place");
    }
    // After the sandbox: its process is gone then, and closing has nothing to wait for.
    if (living != null && alone) {
      close(living, "the agent");
    }
  }

  private static void close(AutoCloseable open, String what) {
    try {
      open.close();
    } catch (Exception e) {
      LOG.warn("could not close {} of a session", what, e);
    }
  }
}
