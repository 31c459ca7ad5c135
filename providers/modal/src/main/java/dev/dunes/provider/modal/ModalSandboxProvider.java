package dev.dunes.provider.modal;

import dev.dunes.provider.cloud.ClearingAway;
import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.modal.ModalApi.Made;
import dev.dunes.provider.modal.ModalShape.Found;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sandboxes at Modal. */
final class ModalSandboxProvider extends CloudProvider {
  private static final Logger LOG = LoggerFactory.getLogger(ModalSandboxProvider.class);
  private static final Pattern ID = Pattern.compile("sb-[A-Za-z0-9]{1,60}");

  final ModalApi api;
  final Pauses pauses;
  private final Map<String, Router> routers = new ConcurrentHashMap<>();

  ModalSandboxProvider(ModalSettings settings) {
    this.api = new ModalApi(settings);
    this.pauses = new Pauses(this);
  }

  @Override
  public String name() {
    return ModalSandboxProviderFactory.NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.SNAPSHOT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL,
        Capability.GPU);
  }

  @Override
  protected void check(SandboxSpec spec) {
    super.check(spec);
    Definition.check(spec, image(spec));
  }

  private String image(SandboxSpec spec) {
    return spec.image().orElse(api.control.settings.image());
  }

  // ---- making ----

  @Override
  protected CloudSandbox make(SandboxSpec spec, String mark) {
    String image = api.images.id(api.app(), image(spec));
    Duration limit = limit(spec.lifetime());
    return make(spec, image, ModalShape.tags(spec, mark, limit), limit);
  }

  /** When the vendor ends a sandbox: that cannot be changed later. */
  Duration limit(Duration lifetime) {
    Duration longest = api.control.settings.longest();
    return longest.compareTo(lifetime) > 0 ? longest : lifetime;
  }

  /** One that cannot be used once it was made is ended. */
  ModalSandbox make(SandboxSpec spec, String image, Map<String, String> tags, Duration limit) {
    boolean second =
        api.control.settings.second().orElse(!spec.providerConfig().containsKey(Definition.GPU));
    Made made = api.create(Definition.of(spec, image, limit), spec.env(), tags, second);
    try {
      Router router = new Router(api, made.id(), made.access());
      router.awaitReady();
      Found found = new Found(made.id(), tags, SandboxState.RUNNING);
      put(found.id(), router);
      return new ModalSandbox(this, found, spec);
    } catch (RuntimeException | Error e) {
      ClearingAway.run(() -> {
        try {
          api.terminate(made.id());
        } catch (SandboxException left) {
          LOG.error("modal: sandbox {} may be left", made.id(), left);
          e.addSuppressed(left);
        }
      });
      throw e;
    }
  }

  @Override
  protected List<String> marked(String mark) {
    return running(Map.of(ModalShape.MARK, mark)).stream().map(Found::vendor).toList();
  }

  /** A sandbox with the files of another's. */
  Sandbox fork(SandboxSpec spec, String image) {
    String mark = UUID.randomUUID().toString();
    Duration limit = limit(spec.lifetime());
    ModalSandbox fork = make(spec, image, ModalShape.tags(spec, mark, limit), limit);
    own(fork);
    return fork;
  }

  // ---- finding ----

  /** Those that run and carry these tags, in both dialects. */
  List<Found> running(Map<String, String> tags) {
    return list(tags, false).stream()
        .filter(found -> found.state() != SandboxState.TERMINATED)
        .toList();
  }

  /** The newest first. */
  List<Found> list(Map<String, String> tags, boolean finished) {
    Map<String, WireMessage> all = new LinkedHashMap<>();
    for (boolean second : new boolean[] {true, false}) {
      for (WireMessage each : api.list(tags, finished, second)) {
        all.putIfAbsent(each.text(1), each);
      }
    }
    return all.values().stream()
        .sorted((one, two) -> Double.compare(two.floating(3), one.floating(3)))
        .map(ModalSandboxProvider::found)
        .filter(found -> found.tags().entrySet().containsAll(tags.entrySet()))
        .toList();
  }

  private static Found found(WireMessage shown) {
    WireMessage task = shown.message(4);
    boolean ended = task.message(4).number(1) != 0 || task.floating(3) > 0;
    SandboxState state =
        ended
            ? SandboxState.TERMINATED
            : task.text(1).isEmpty() ? SandboxState.STARTING : SandboxState.RUNNING;
    return new Found(shown.text(1), ModalApi.tags(shown, 6), state);
  }

  /** It, or the one that goes on from it; empty when it is gone. */
  Optional<Found> find(String id) {
    if (!ID.matcher(id).matches()) {
      return Optional.empty();
    }
    Optional<Found> found = lookUp(id);
    if (found.filter(Found::expired).isPresent()) {
      api.terminate(found.get().vendor());
      found = Optional.empty();
    }
    if (found.isEmpty()) {
      forget(id);
    }
    return found;
  }

  private Optional<Found> lookUp(String id) {
    try {
      if (api.result(id).isEmpty()) {
        return Optional.of(new Found(id, api.tags(id), SandboxState.RUNNING));
      }
      return pauses.goingOn(api.tags(id).getOrDefault(ModalShape.MARK, ""));
    } catch (SandboxNotFoundException e) {
      return Optional.empty();
    }
  }

  Found require(String id) {
    return find(id).orElseThrow(() -> notFound(id));
  }

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return find(id).map(ModalShape::info);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return find(id).map(found -> new ModalSandbox(this, found, ModalShape.spec(found)));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    List<Found> all = new ArrayList<>(running(labels));
    all.addAll(pauses.paused(labels, all));
    List<SandboxInfo> shown = new ArrayList<>();
    for (Found found : all) {
      if (!found.expired() || !ended(found.id(), () -> api.terminate(found.vendor()))) {
        shown.add(ModalShape.info(found));
      }
    }
    return shown.stream().filter(info -> carries(info, labels)).toList();
  }

  // ---- the way into them ----

  private void put(String id, Router router) {
    Router old = routers.put(id, router);
    if (old != null) {
      old.close();
    }
  }

  /** Looks where it is unless that is known. */
  Router router(String id) {
    Router known = routers.get(id);
    if (known != null) {
      return known;
    }
    Found found = require(id);
    if (found.state() == SandboxState.STOPPED) {
      throw ModalSandbox.paused(id);
    }
    return routers.computeIfAbsent(id, key -> new Router(api, found.vendor(), Optional.empty()));
  }

  /** It is elsewhere, or gone. */
  void forget(String id) {
    Router router = routers.remove(id);
    if (router != null) {
      router.close();
    }
  }

  // ---- ending ----

  @Override
  public boolean destroy(String id) {
    if (!ID.matcher(id).matches()) {
      return false;
    }
    boolean was = api.terminate(id) || pauses.destroy(id);
    forget(id);
    return was;
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return api.images.delete(id);
  }

  @Override
  public void healthCheck() {
    api.control.check();
  }

  @Override
  public void close() {
    super.close();
    routers.values().forEach(Router::close);
    routers.clear();
    api.close();
  }
}
