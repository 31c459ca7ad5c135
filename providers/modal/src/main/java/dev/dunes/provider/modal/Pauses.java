package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.modal.ModalShape.Found;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that stand still. Modal has no such thing: the files are saved as an image and the
 * sandbox is ended; later another goes on from the image under the first one's id. All that is
 * known about that is in tags at the vendor, so that any process can go on with it.
 */
final class Pauses {
  private static final Logger LOG = LoggerFactory.getLogger(Pauses.class);
  private static final String YES = "yes";

  /** That there is an image, for searching; which one is in {@link ModalShape#PAUSED}. */
  private static final String STANDS_STILL = ModalShape.PAUSED + ".is";

  private final ModalSandboxProvider provider;

  Pauses(ModalSandboxProvider provider) {
    this.provider = provider;
  }

  private ModalApi api() {
    return provider.api;
  }

  /** Of all with this mark, the one that runs, else the newest when that was paused. */
  Optional<Found> goingOn(String mark) {
    if (mark.isEmpty()) {
      return Optional.empty();
    }
    List<Found> all = provider.list(Map.of(ModalShape.MARK, mark), true);
    return all.stream()
        .filter(found -> found.state() != SandboxState.TERMINATED)
        .findFirst()
        .or(() -> all.stream().findFirst().flatMap(Pauses::still));
  }

  private static Optional<Found> still(Found found) {
    return found.tag(ModalShape.PAUSED).isEmpty()
        ? Optional.empty()
        : Optional.of(new Found(found.vendor(), found.tags(), SandboxState.STOPPED));
  }

  /** Those with these tags that stand still. */
  List<Found> paused(Map<String, String> tags, List<Found> running) {
    Map<String, String> wanted = new HashMap<>(tags);
    wanted.put(STANDS_STILL, YES);
    Set<String> seen = new HashSet<>();
    running.forEach(found -> seen.add(found.tag(ModalShape.MARK)));
    List<Found> paused = new ArrayList<>();
    for (Found found : provider.list(wanted, true)) {
      String mark = found.tag(ModalShape.MARK);
      if (found.state() == SandboxState.TERMINATED && seen.add(mark)) {
        goingOn(mark).filter(each -> each.state() == SandboxState.STOPPED).ifPresent(paused::add);
      }
    }
    return paused;
  }

  /** Saves its files and ends it. */
  void pause(ModalSandbox sandbox) {
    Found found = provider.require(sandbox.id());
    if (found.state() == SandboxState.STOPPED) {
      return;
    }
    Variables.keep(sandbox, found);
    String image = sandbox.saveFiles();
    Map<String, String> tags = new HashMap<>(found.tags());
    tags.put(ModalShape.PAUSED, image);
    tags.put(STANDS_STILL, YES);
    try {
      api().tag(found.vendor(), tags);
      api().terminate(found.vendor());
    } catch (SandboxException | Error e) {
      boolean[] ended = {false};
      ClearingAway.run(() -> ended[0] = endedAfterAll(found, image, e));
      if (!ended[0]) {
        throw e;
      }
    }
    provider.forget(sandbox.id());
  }

  /**
   * Whether it has ended although that was not answered. Only of one that still runs the image is
   * not needed: of any other it may be all that is left.
   */
  private boolean endedAfterAll(Found found, String image, Throwable failure) {
    try {
      if (api().result(found.vendor()).isPresent()) {
        return true;
      }
      untag(found.vendor(), found.tags());
      drop(image);
    } catch (SandboxException e) {
      LOG.warn("nobody knows whether sandbox {} is paused; image {} is kept", found.id(), image, e);
      failure.addSuppressed(e);
    }
    return false;
  }

  /** Goes on from the files, with the lifetime it was made with counted anew. */
  void resume(ModalSandbox sandbox) {
    Found found = provider.require(sandbox.id());
    if (found.state() != SandboxState.STOPPED) {
      return;
    }
    Duration lifetime = ModalShape.lifetime(found).orElse(SandboxSpec.DEFAULT_LIFETIME);
    Duration limit = provider.limit(lifetime);
    Instant now = Instant.now();
    Map<String, String> tags = new HashMap<>(found.tags());
    tags.remove(ModalShape.PAUSED);
    tags.remove(STANDS_STILL);
    tags.put(ModalShape.ID, found.id());
    tags.put(ModalShape.DEADLINE, now.plus(lifetime).toString());
    tags.put(ModalShape.LIMIT, now.plus(limit).toString());
    String image = found.tag(ModalShape.PAUSED);
    SandboxSpec spec = Variables.ofPaused(provider, sandbox, found, image);
    provider.make(spec.toBuilder().lifetime(lifetime).build(), image, tags, limit);
    Map<String, String> over = new HashMap<>(found.tags());
    over.remove(ModalShape.PAUSED);
    over.remove(STANDS_STILL);
    untag(found.vendor(), over);
    drop(image);
    Variables.forget(sandbox, found);
  }

  /** Ends what goes on from a sandbox, or forgets its files; false when there is neither. */
  boolean destroy(String id) {
    Optional<Found> found;
    try {
      found = goingOn(api().tags(id).getOrDefault(ModalShape.MARK, ""));
    } catch (SandboxNotFoundException e) {
      return false;
    }
    if (found.isEmpty()) {
      return false;
    }
    if (found.get().state() != SandboxState.STOPPED) {
      return api().terminate(found.get().vendor());
    }
    Map<String, String> tags = new HashMap<>(found.get().tags());
    String image = tags.remove(ModalShape.PAUSED);
    tags.remove(STANDS_STILL);
    api().tag(found.get().vendor(), tags);
    return image != null && api().images.delete(image);
  }

  /** Only tidies: what goes on is newer than what stood still. */
  private void untag(String vendor, Map<String, String> tags) {
    try {
      api().tag(vendor, tags);
    } catch (SandboxException e) {
      LOG.debug("sandbox {} still says that it is paused", vendor, e);
    }
  }

  /** Deletes an image nobody can use any more. */
  void drop(String image) {
    try {
      api().images.delete(image);
    } catch (SandboxException e) {
      LOG.warn("image {} may be left at modal", image, e);
    }
  }
}
