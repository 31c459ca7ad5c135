package dev.dunes.session;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxListing;
import dev.dunes.sandbox.Sandboxes;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Destroys what runs left over: of this process, of ended ones, and whatever is past its time. */
final class Reaper {
  private static final Logger LOG = LoggerFactory.getLogger(Reaper.class);

  private final Sandboxes sandboxes;
  private final Ownership ownership;
  private final Supplier<Set<String>> live;

  Reaper(Sandboxes sandboxes, Ownership ownership, Supplier<Set<String>> live) {
    this.sandboxes = sandboxes;
    this.ownership = ownership;
    this.live = live;
  }

  /** Looks once; how many were destroyed. */
  int pass() {
    SandboxListing listing = sandboxes.listing(Map.of(Ownership.MANAGED, "true"));
    listing
        .errors()
        .forEach((provider, error) ->
            LOG.warn("could not look for leftovers at {}: {}", provider, error.getMessage()));
    // After the listing: a run that began in between is among them.
    int destroyed = 0;
    Set<String> running = live.get();
    for (SandboxInfo sandbox : listing.sandboxes()) {
      if (ownership.leftOver(sandbox, running)) {
        destroyed += destroy(sandbox) ? 1 : 0;
      }
    }
    return destroyed;
  }

  private boolean destroy(SandboxInfo sandbox) {
    try {
      LOG.info("destroying left-over sandbox {} at {}", sandbox.id(), sandbox.provider());
      return sandboxes.destroy(sandbox.provider(), sandbox.id());
    } catch (SandboxException e) {
      LOG.warn("left-over sandbox {} could not be destroyed: {}", sandbox.id(), e.getMessage());
      return false;
    }
  }
}
