package dev.dunes.provider.sprites;

import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.Deadlines;
import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Sandboxes at Sprites. Their names are ours to choose, and are their ids here. */
final class SpritesSandboxProvider extends CloudProvider {
  private static final Pattern ID = Pattern.compile("[a-z0-9][a-z0-9-]{0,62}");
  private static final String NAME = SpritesSandboxProviderFactory.NAME;
  private static final String PREFIX = "dunes-";
  private static final int MIB = 1024;

  private final SpritesApi api;
  private final Deadlines deadlines = new Deadlines(id -> look(id).flatMap(SandboxInfo::deadline));

  SpritesSandboxProvider(SpritesSettings settings) {
    this.api = new SpritesApi(settings);
  }

  @Override
  public String name() {
    return NAME;
  }

  /** A checkpoint belongs to its sandbox and cannot be the beginning of another: no snapshots. */
  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  protected void check(SandboxSpec spec) {
    super.check(spec);
    CloudSpecs.checkIsolation(NAME, spec, IsolationTier.MICROVM);
    if (spec.image().isPresent()) {
      throw CloudSpecs.unsupported(
          NAME,
          "image",
          "all its sandboxes begin with the same system",
          "leave it out, and install what is missing with setup commands");
    }
    if (spec.maxProcesses().isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "maxProcesses", "it has no limit on processes", "leave it out");
    }
    if (spec.network().filter(NetworkMode.HOST::equals).isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "network", "its sandboxes are not on this network", "use 'bridge' or 'none'");
    }
  }

  // ---- making ----

  @Override
  protected CloudSandbox make(SandboxSpec spec, String mark) {
    ObjectNode body = SpritesApi.JSON.createObjectNode();
    body.put("name", PREFIX + mark);
    ArrayNode labels = body.putArray("labels");
    SpritesShape.labels(spec).forEach(labels::add);
    spec.env().forEach(body.putObject("environment")::put);
    ObjectNode config = SpritesApi.JSON.createObjectNode();
    spec.memoryMb().ifPresent(mib -> config.put("ram_mb", mib));
    spec.cpuCores().ifPresent(cores -> config.put("cpus", Math.max(1, (int) cores)));
    spec.diskMb().ifPresent(mib -> config.put("storage_gb", Math.max(1, Math.ceilDiv(mib, MIB))));
    if (!config.isEmpty()) {
      body.set("config", config);
    }
    api.create(body);
    if (spec.network().filter(NetworkMode.NONE::equals).isPresent()) {
      api.closeNetwork(PREFIX + mark);
    }
    JsonNode made = api.get(PREFIX + mark).orElseThrow(() -> notFound(PREFIX + mark));
    SandboxInfo info = SpritesShape.info(made);
    Instant deadline =
        info.deadline()
            .orElseThrow(() ->
                new ProviderException(
                    "sprites did not keep the labels of the sandbox, so nobody would know its end",
                    ErrorDetails.at(NAME, info.id())
                        .withRemedy("it was not kept; try again, or with fewer labels")));
    keep(info.id(), deadline);
    return new SpritesSandbox(this, api, info, spec);
  }

  /** Ends it at this moment, if this program still runs then. */
  void keep(String id, Instant deadline) {
    deadlines.keep(id, deadline);
  }

  @Override
  protected List<String> marked(String mark) {
    return api.get(PREFIX + mark).isPresent() ? List.of(PREFIX + mark) : List.of();
  }

  // ---- finding ----

  /** One whose time is over is destroyed by whoever looks first: Sprites has no lifetimes. */
  private Optional<JsonNode> alive(String id) {
    Optional<JsonNode> shown =
        api.get(id).filter(each -> SpritesShape.info(each).state() != SandboxState.TERMINATED);
    if (shown.filter(each -> VendorLabels.expired(SpritesShape.info(each))).isPresent()) {
      api.delete(id);
      return Optional.empty();
    }
    return shown;
  }

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return alive(id).map(SpritesShape::info);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return ID.matcher(id).matches() ? alive(id).map(this::handle) : Optional.empty();
  }

  private Sandbox handle(JsonNode shown) {
    return new SpritesSandbox(
        this, api, SpritesShape.info(shown), VendorLabels.spec(SpritesShape.labels(shown)));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return api.list().stream()
        .map(SpritesShape::info)
        .filter(info -> info.state() != SandboxState.TERMINATED)
        .filter(
            info -> !VendorLabels.expired(info) || !ended(info.id(), () -> api.delete(info.id())))
        .filter(info -> carries(info, labels))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    if (!ID.matcher(id).matches()) {
      return false;
    }
    boolean was = api.delete(id);
    deadlines.forget(id);
    return was;
  }

  @Override
  public void healthCheck() {
    api.check();
  }

  @Override
  public void close() {
    super.close();
    deadlines.close();
    api.close();
  }
}
