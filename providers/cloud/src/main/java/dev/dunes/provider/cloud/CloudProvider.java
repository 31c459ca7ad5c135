package dev.dunes.provider.cloud;

import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes at a vendor who bills for them: whatever goes wrong while one is made, none is left.
 * What a vendor has to bring is abstract here.
 */
public abstract class CloudProvider implements SandboxProvider {
  private static final Logger LOG = LoggerFactory.getLogger(CloudProvider.class);

  private final Set<CloudSandbox> owned = ConcurrentHashMap.newKeySet();

  protected CloudProvider() {}

  // ---- what an adapter brings ----

  /**
   * Makes a sandbox and waits until commands can run in it. When it throws, a sandbox may have been
   * made that carries the mark.
   *
   * @param mark unique; to be kept at the vendor so that {@link #marked} finds it
   */
  protected abstract CloudSandbox make(SandboxSpec spec, String mark);

  /** The ids of the sandboxes that {@link #make} made with this mark. */
  protected abstract List<String> marked(String mark);

  /** A sandbox as it is now; empty when it is gone. */
  protected abstract Optional<SandboxInfo> look(String id);

  /** Which of a specification cannot be had here is refused before anything is made. */
  protected void check(SandboxSpec spec) {
    CloudSpecs.check(name(), spec);
  }

  // ---- making ----

  @Override
  public final Sandbox create(SandboxSpec spec) {
    check(spec);
    String mark = UUID.randomUUID().toString();
    CloudSandbox made = null;
    try {
      made = make(spec, mark);
      owned.add(made);
      if (spec.workingDir().isPresent()) {
        made.makeWorkingDirectory(spec.workingDir().get());
      }
      return made;
    } catch (RuntimeException | Error e) {
      CloudSandbox half = made;
      Uninterrupted.run(() -> {
        clear(half, mark, e);
        return true;
      });
      throw e;
    }
  }

  /** What cannot be cleared away is said with the failure: somebody pays for it. */
  private void clear(
      @org.jspecify.annotations.Nullable CloudSandbox half, String mark, Throwable failure) {
    List<String> ids = new ArrayList<>();
    try {
      if (half != null) {
        owned.remove(half);
        ids.add(half.id());
      } else {
        ids.addAll(marked(mark));
      }
      for (String id : ids) {
        destroy(id);
      }
    } catch (SandboxAuthenticationException e) {
      if (ids.isEmpty() && failure instanceof SandboxAuthenticationException) {
        LOG.debug("{}: a key that may nothing has made nothing", name(), e);
      } else {
        left(mark, ids, failure, e);
      }
    } catch (SandboxException e) {
      left(mark, ids, failure, e);
    }
  }

  private void left(String mark, List<String> ids, Throwable failure, SandboxException why) {
    LOG.error("{}: a sandbox may be left that was made with mark {}: {}", name(), mark, ids, why);
    failure.addSuppressed(why);
  }

  // ---- handles ----

  /** Takes a sandbox that was made in another way than by {@link #create} for ours. */
  protected final void own(CloudSandbox sandbox) {
    owned.add(sandbox);
  }

  boolean owns(CloudSandbox sandbox) {
    return owned.contains(sandbox);
  }

  void disown(CloudSandbox sandbox) {
    owned.remove(sandbox);
  }

  static Logger log() {
    return LOG;
  }

  /** An answer that makes no sense. */
  protected final ProviderException unexpected(String id, Throwable cause) {
    return new ProviderException(
        "%s gave what was not expected: %s".formatted(name(), cause.getMessage()),
        ErrorDetails.at(name(), id).withRemedy("try again; see its status page").withCause(cause));
  }

  /** Whether a sandbox carries all these labels. */
  protected static boolean carries(SandboxInfo info, Map<String, String> labels) {
    return info.hasLabels(labels);
  }

  /** Destroys what its handles own; an adapter then closes its connections. */
  @Override
  public void close() {
    for (CloudSandbox sandbox : owned) {
      try {
        sandbox.close();
      } catch (SandboxException e) {
        LOG.error("{}: could not destroy sandbox {}", name(), sandbox.id(), e);
      }
    }
  }
}
