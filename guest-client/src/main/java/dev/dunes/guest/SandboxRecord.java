package dev.dunes.guest;

import static java.util.Objects.requireNonNull;

import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is kept about a sandbox of this machine so that any process can list, use and end it.
 * Immutable; see {@link SandboxDirectory#write}.
 */
public final class SandboxRecord {
  private final String id;
  private final String provider;
  private SandboxSpec spec;
  private Instant createdAt;
  private SandboxState state = SandboxState.CREATING;
  private @Nullable Instant deadline;
  private @Nullable ProcessIdentity owner;
  private @Nullable ProcessIdentity guest;
  private Map<String, String> metadata = Map.of();
  private List<Path> paths = List.of();

  /** A record of a sandbox that is being made. */
  public SandboxRecord(String id, String provider, SandboxSpec spec, Instant createdAt) {
    this.id = requireNonNull(id, "id");
    this.provider = requireNonNull(provider, "provider");
    this.spec = requireNonNull(spec, "spec");
    this.createdAt = requireNonNull(createdAt, "createdAt");
  }

  private SandboxRecord(SandboxRecord from) {
    this(from.id, from.provider, from.spec, from.createdAt);
    this.state = from.state;
    this.deadline = from.deadline;
    this.owner = from.owner;
    this.guest = from.guest;
    this.metadata = from.metadata;
    this.paths = from.paths;
  }

  public String id() {
    return id;
  }

  public String provider() {
    return provider;
  }

  /** Everything it was made with, values of variables included. */
  public SandboxSpec spec() {
    return spec;
  }

  public Instant createdAt() {
    return createdAt;
  }

  /** What was last known; {@link SandboxState#CREATING} until it was ready for the first time. */
  public SandboxState state() {
    return state;
  }

  /** Whether its processes are stopped. */
  public boolean paused() {
    return state == SandboxState.STOPPED;
  }

  /** When it ends by itself. */
  public Optional<Instant> deadline() {
    return Optional.ofNullable(deadline);
  }

  /** Whether it goes on without the process that made it. */
  public boolean detached() {
    return spec.detached();
  }

  /** The process that made it. */
  public Optional<ProcessIdentity> owner() {
    return Optional.ofNullable(owner);
  }

  /**
   * The process whose end is the sandbox's end, as this machine sees it: the guest, or what holds
   * its namespaces.
   */
  public Optional<ProcessIdentity> guest() {
    return Optional.ofNullable(guest);
  }

  /** What else the provider keeps. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** What must be removed with it besides its directory, such as control groups. */
  public List<Path> paths() {
    return paths;
  }

  /** As if it had been made at this moment for this specification. */
  public SandboxRecord assigned(SandboxSpec now, Instant at) {
    SandboxRecord copy = new SandboxRecord(this);
    copy.spec = requireNonNull(now, "now");
    copy.createdAt = requireNonNull(at, "at");
    copy.deadline = at.plus(now.lifetime());
    return copy;
  }

  public SandboxRecord withState(SandboxState value) {
    SandboxRecord copy = new SandboxRecord(this);
    copy.state = requireNonNull(value, "value");
    return copy;
  }

  public SandboxRecord withDeadline(Instant value) {
    SandboxRecord copy = new SandboxRecord(this);
    copy.deadline = requireNonNull(value, "value");
    return copy;
  }

  public SandboxRecord withOwner(ProcessIdentity value) {
    SandboxRecord copy = new SandboxRecord(this);
    copy.owner = requireNonNull(value, "value");
    return copy;
  }

  public SandboxRecord withGuest(ProcessIdentity value) {
    SandboxRecord copy = new SandboxRecord(this);
    copy.guest = requireNonNull(value, "value");
    return copy;
  }

  /** Adds to the metadata. */
  public SandboxRecord withMetadata(String key, String value) {
    Map<String, String> more = new HashMap<>(metadata);
    more.put(requireNonNull(key, "key"), requireNonNull(value, "value"));
    SandboxRecord copy = new SandboxRecord(this);
    copy.metadata = Map.copyOf(more);
    return copy;
  }

  /** Adds to the paths. */
  public SandboxRecord withPath(Path value) {
    List<Path> more = new ArrayList<>(paths);
    more.add(requireNonNull(value, "value"));
    SandboxRecord copy = new SandboxRecord(this);
    copy.paths = List.copyOf(more);
    return copy;
  }

  @Override
  public String toString() {
    return "SandboxRecord[%s/%s, %s]".formatted(provider, id, state);
  }
}
