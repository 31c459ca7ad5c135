package dev.dunes.sandbox.spi;

import dev.dunes.sandbox.Command;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ExecResult;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.UnsupportedCapabilityException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A place sandboxes come from. Safe for use by several threads. {@code sandbox-conformance} is the
 * suite each one passes.
 */
public interface SandboxProvider extends AutoCloseable {
  /** Its name, such as {@code local}: lower case. */
  String name();

  /** What its sandboxes can really do, here and now. */
  ProviderCapabilities capabilities();

  /** Whether its sandboxes can show files of this host, see {@link SandboxSpec#mounts()}. */
  default boolean takesMounts() {
    return false;
  }

  /**
   * Whether commands can run as any user that a sandbox's files name, and a sandbox as one of them
   * by the provider's setting {@code user}.
   */
  default boolean takesUsers() {
    return false;
  }

  /** Whether its sandboxes can reach sockets of this host, see {@link SandboxSpec#relays()}. */
  default boolean takesRelays() {
    return false;
  }

  /** Whether its sandboxes can share files, see {@link SandboxSpec#volumes()}. */
  default boolean takesVolumes() {
    return false;
  }

  /**
   * Removes the files of a volume that no sandbox uses.
   *
   * @param directory as in {@link dev.dunes.sandbox.VolumeMount#directory()}
   * @return false when there were none
   * @throws UnsupportedCapabilityException when the provider keeps none
   */
  default boolean deleteVolume(Path directory) {
    throw new UnsupportedCapabilityException(
        "provider '%s' has no volumes".formatted(name()),
        ErrorDetails.NONE.withProvider(name()).withRemedy("it keeps none"));
  }

  /**
   * Whether a sandbox reaches nothing but its relays when its specification says nothing about its
   * network.
   */
  default boolean offlineUnlessAsked() {
    return false;
  }

  /**
   * Makes a sandbox that is ready for commands. Does not run {@link SandboxSpec#setupCommands()}:
   * the caller does. When it throws, nothing is left behind.
   */
  Sandbox create(SandboxSpec spec);

  /** A sandbox by its id, whoever made it; empty when there is none. */
  Optional<Sandbox> get(String id);

  /** The sandboxes that carry all these labels; all of them when none are given. */
  List<SandboxInfo> list(Map<String, String> labels);

  /** Ends a sandbox with everything in it; false when it did not exist. */
  boolean destroy(String id);

  /**
   * Forgets saved files, whoever saved them; false when there were none of this id. Sandboxes
   * started from them go on.
   *
   * @throws UnsupportedCapabilityException when the provider saves none
   */
  default boolean deleteSnapshot(String id) {
    throw new UnsupportedCapabilityException(
        "provider '%s' cannot delete a snapshot".formatted(name()),
        ErrorDetails.NONE.withProvider(name()).withRemedy("it keeps none"));
  }

  /** Throws when the provider cannot be used now. Read-only: never makes a sandbox. */
  default void healthCheck() {
    list(Map.of());
  }

  /** The oldest running sandbox that carries all these labels, or else one that is starting. */
  default Optional<Sandbox> find(Map<String, String> labels) {
    Comparator<SandboxInfo> order =
        Comparator.comparing((SandboxInfo info) -> info.state() != SandboxState.RUNNING)
            .thenComparing(info -> info.createdAt().orElse(Instant.MAX))
            .thenComparing(SandboxInfo::id);
    return list(labels).stream()
        .filter(i -> i.state() == SandboxState.RUNNING || i.state() == SandboxState.STARTING)
        .sorted(order)
        .map(info -> get(info.id()))
        .flatMap(Optional::stream)
        .findFirst();
  }

  /** {@link #find} when the specification has labels, else {@link #create}. */
  default Sandbox getOrCreate(SandboxSpec spec) {
    Optional<Sandbox> found = spec.labels().isEmpty() ? Optional.empty() : find(spec.labels());
    return found.orElseGet(() -> create(spec));
  }

  /** Runs a command in a sandbox by id. */
  default ExecResult execute(String id, Command command) {
    Sandbox sandbox = get(id).orElseThrow(() -> notFound(id));
    try (HandleOnly handle = new HandleOnly(sandbox)) {
      return handle.sandbox().exec(command);
    }
  }

  /** Runs commands in a sandbox by id, see {@link Sandbox#execMany(List, boolean)}. */
  default List<ExecResult> executeMany(String id, List<Command> commands, boolean stopOnError) {
    Sandbox sandbox = get(id).orElseThrow(() -> notFound(id));
    try (HandleOnly handle = new HandleOnly(sandbox)) {
      return handle.sandbox().execMany(commands, stopOnError);
    }
  }

  /** The one way to say that an id is unknown. */
  default SandboxNotFoundException notFound(String id) {
    return new SandboxNotFoundException(
        "no sandbox '%s' at provider '%s'".formatted(id, name()),
        ErrorDetails.at(name(), id).withRemedy("`ds list` shows what there is"));
  }

  /**
   * Releases what the provider itself holds. Sandboxes its handles own are destroyed; detached ones
   * stay.
   */
  @Override
  default void close() {}
}
