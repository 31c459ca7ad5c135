package dev.dunes.provider.cloud;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxAuthenticationException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.spi.SandboxProvider;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes at a vendor who bills for them: whatever goes wrong while one is made, none is left.
 * What a vendor has to bring is abstract here.
 */
public abstract class CloudProvider implements SandboxProvider {
  private static final Logger LOG = LoggerFactory.getLogger(CloudProvider.class);

  private static final int SERVER_ERROR = 500;

  private final Set<CloudSandbox> owned = ConcurrentHashMap.newKeySet();
  private final Latecomers latecomers = new Latecomers();

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
    return making(
        mark,
        () -> make(spec, mark),
        made -> spec.workingDir().ifPresent(made::makeWorkingDirectory));
  }

  /**
   * Makes a sandbox in another way than by {@link #make}; when that fails none is left.
   *
   * @param mark unique; {@link #marked} finds by it what was made
   */
  protected final Sandbox copying(String mark, Supplier<CloudSandbox> copy) {
    return making(mark, copy, made -> {});
  }

  private Sandbox making(
      String mark, Supplier<CloudSandbox> make, Consumer<CloudSandbox> afterwards) {
    CloudSandbox made = null;
    try {
      CloudSandbox first = make.get();
      if (first.id().isEmpty()) {
        throw unexpected("", new IllegalStateException("a sandbox without an id"));
      }
      made = first;
      owned.add(made);
      afterwards.accept(made);
      return made;
    } catch (RuntimeException | Error e) {
      CloudSandbox half = made;
      ClearingAway.run(() -> clear(half, mark, e));
      throw e;
    }
  }

  /**
   * Saves the files of a sandbox at the vendor; when that fails nothing is left that nobody knows
   * of.
   *
   * @param mark unique
   * @param clear deletes what was saved; says whether there was something
   */
  public final <T> T saving(String mark, Supplier<T> save, BooleanSupplier clear) {
    try {
      return save.get();
    } catch (RuntimeException | Error e) {
      ClearingAway.run(() -> {
        try {
          if (!clear.getAsBoolean() && mayComeLater(e)) {
            latecomers.expect(mark, clear);
          }
        } catch (SandboxException left) {
          LOG.error("{}: a snapshot may be left that was made with mark {}", name(), mark, left);
          e.addSuppressed(left);
          latecomers.expect(mark, clear);
        }
      });
      throw e;
    }
  }

  /** What cannot be cleared away is said with the failure: somebody pays for it. */
  private void clear(@Nullable CloudSandbox half, String mark, Throwable failure) {
    try {
      if (half != null) {
        owned.remove(half);
        destroy(half.id());
      } else if (cleared(mark).isEmpty() && mayComeLater(failure)) {
        latecomers.expect(mark, () -> !cleared(mark).isEmpty());
      }
    } catch (SandboxAuthenticationException e) {
      if (half == null && failure instanceof SandboxAuthenticationException) {
        LOG.debug("{}: a key that may nothing has made nothing", name(), e);
      } else {
        left(mark, half, failure, e);
      }
    } catch (RuntimeException e) {
      left(mark, half, failure, e);
    }
  }

  /** Destroys all that carry a mark. */
  private List<String> cleared(String mark) {
    List<String> ids = marked(mark);
    RuntimeException failed = null;
    for (String id : ids) {
      try {
        destroy(id);
      } catch (RuntimeException e) {
        LOG.error("{}: sandbox {} may be left", name(), id, e);
        failed = e;
      }
    }
    if (failed != null) {
      throw failed;
    }
    return ids;
  }

  /**
   * Whether the vendor may still be making what was asked for: it has not said that it does not.
   */
  static boolean mayComeLater(Throwable failure) {
    boolean sent =
        !(failure.getCause() instanceof ConnectException)
            && !(failure.getCause() instanceof HttpConnectTimeoutException);
    return failure instanceof SandboxException known
        && sent
        && known.statusCode().orElse(SERVER_ERROR) >= SERVER_ERROR;
  }

  private void left(
      String mark, @Nullable CloudSandbox half, Throwable failure, RuntimeException why) {
    LOG.error(
        "{}: a sandbox may be left that was made with mark {}: {}",
        name(),
        mark,
        half == null ? "no id" : half.id(),
        why);
    failure.addSuppressed(why);
  }

  /**
   * Whether one whose time is over was ended. When that fails now it is logged: a list is there for
   * the others, too, and shows it until it has ended.
   */
  protected final boolean ended(String id, Runnable end) {
    try {
      end.run();
      return true;
    } catch (SandboxInterruptedException e) {
      throw e;
    } catch (SandboxException e) {
      LOG.warn("{}: the time of sandbox {} is over, and it cannot be ended now", name(), id, e);
      return false;
    }
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
    latecomers.close();
    for (CloudSandbox sandbox : owned) {
      try {
        sandbox.close();
      } catch (RuntimeException e) { // one that cannot be ended keeps none of the others
        LOG.error("{}: could not destroy sandbox {}", name(), sandbox.id(), e);
      }
    }
  }
}
