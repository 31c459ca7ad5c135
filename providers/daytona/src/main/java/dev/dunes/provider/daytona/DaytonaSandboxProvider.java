package dev.dunes.provider.daytona;

import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.VendorLabels;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sandboxes at Daytona. */
final class DaytonaSandboxProvider extends CloudProvider {
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,99}");
  private static final String NAMED = "dunes-";
  private static final String NAME = DaytonaSandboxProviderFactory.NAME;
  private static final String SNAPSHOT = "snapshot:";
  private static final int MIB = 1024;
  private static final Duration SHORTEST_WAIT = Duration.ofSeconds(120);
  private static final long FIRST_LOOK_MILLIS = 100;
  private static final long LAST_LOOK_MILLIS = 1000;

  private final DaytonaApi api;

  DaytonaSandboxProvider(DaytonaSettings settings) {
    this.api = new DaytonaApi(settings);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public ProviderCapabilities capabilities() {
    return ProviderCapabilities.of(
        Capability.PERSISTENT,
        Capability.SNAPSHOT,
        Capability.STREAMING,
        Capability.FILE_UPLOAD,
        Capability.INTERACTIVE_SHELL);
  }

  @Override
  protected void check(SandboxSpec spec) {
    super.check(spec);
    CloudSpecs.checkIsolation(NAME, spec, IsolationTier.NAMESPACE);
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
    ObjectNode body = DaytonaApi.JSON.createObjectNode();
    body.put("name", NAMED + mark);
    spec.image().ifPresent(image -> image(body, image));
    spec.env().forEach(body.putObject("env")::put);
    DaytonaShape.labels(spec, mark).forEach(body.putObject("labels")::put);
    api.settings.target().ifPresent(target -> body.put("target", target));
    spec.cpuCores().ifPresent(cores -> body.put("cpu", Math.max(1, (int) cores)));
    spec.memoryMb().ifPresent(mib -> body.put("memory", gib(mib)));
    spec.diskMb().ifPresent(mib -> body.put("disk", gib(mib)));
    body.put("autoStopInterval", 0); // what runs is no activity there; the lifetime ends it
    body.put("ttlMinutes", minutes(spec.lifetime()));
    if (spec.network().filter(NetworkMode.NONE::equals).isPresent()) {
      body.put("networkBlockAll", true);
    }
    JsonNode made = awaitStarted(api.create(body), spec.lifetime());
    return new DaytonaSandbox(this, api, DaytonaShape.info(made), spec, toolbox(made));
  }

  private static void image(ObjectNode body, String image) {
    if (image.startsWith(SNAPSHOT)) {
      body.put("snapshot", image.substring(SNAPSHOT.length()));
    } else {
      body.putObject("buildInfo").put("dockerfileContent", "FROM " + image.strip() + "\n");
    }
  }

  private static int gib(int mib) {
    return Math.max(1, Math.ceilDiv(mib, MIB));
  }

  /** At least 1, and never less than was asked for. */
  static long minutes(Duration lifetime) {
    return Math.max(1, Math.ceilDiv(lifetime.toMillis(), Duration.ofMinutes(1).toMillis()));
  }

  /** The key is sent there: never to an address that is less safe than that of the API. */
  private String toolbox(JsonNode shown) {
    String address = shown.path("toolboxProxyUrl").asString("");
    try {
      URI uri = URI.create(address);
      boolean safe = "https".equals(uri.getScheme());
      boolean asSafe =
          "http".equals(uri.getScheme()) && "http".equals(api.settings.api().getScheme());
      if (uri.getHost() != null && (safe || asSafe)) {
        return address;
      }
    } catch (IllegalArgumentException e) {
      // said below, with every other address that is none
    }
    throw new ProviderException(
        "daytona gave an address of the sandbox that is not https: " + api.secrets.clean(address),
        ErrorDetails.at(NAME, shown.path("id").asString(""))
            .withRemedy("see the provider's status page"));
  }

  /** Looks at it ever more seldom until commands can run. */
  JsonNode awaitStarted(JsonNode first, Duration lifetime) {
    Duration limit = lifetime.compareTo(SHORTEST_WAIT) > 0 ? lifetime : SHORTEST_WAIT;
    long end = System.nanoTime() + limit.toNanos();
    long pause = FIRST_LOOK_MILLIS;
    String id = first.path("id").asString("");
    JsonNode shown = first;
    while (DaytonaShape.state(shown) != SandboxState.RUNNING) {
      SandboxState state = DaytonaShape.state(shown);
      if (state == SandboxState.ERROR || state == SandboxState.TERMINATED) {
        throw new ProviderException(
            "daytona could not start the sandbox: "
                + api.secrets.clean(shown.path("errorReason").asString(state.wireName())),
            ErrorDetails.at(NAME, id).withRemedy("check the image, and the limits of the account"));
      }
      if (System.nanoTime() - end > 0) {
        throw new SandboxTimeoutException(
            "the sandbox did not start within %d s".formatted(limit.toSeconds()),
            ErrorDetails.at(NAME, id).withRemedy("try again; see the provider's status page"));
      }
      sleep(pause);
      pause = Math.min(LAST_LOOK_MILLIS, pause + Math.max(1, pause / 10));
      shown = api.get(id).orElseThrow(() -> notFound(id));
    }
    return shown;
  }

  static void sleep(long millis) {
    try {
      TimeUnit.MILLISECONDS.sleep(millis);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("waiting for daytona", e);
    }
  }

  @Override
  protected List<String> marked(String mark) {
    // a copy has its labels only later, and its name at once
    return Stream.concat(
            api.get(NAMED + mark).stream(),
            api.list(Map.of(VendorLabels.MARK, mark)).stream()
                .filter(shown -> mark.equals(DaytonaShape.labels(shown).get(VendorLabels.MARK))))
        .map(shown -> shown.path("id").asString(""))
        .distinct()
        .toList();
  }

  Sandbox fork(String from, SandboxSpec spec) {
    String mark = UUID.randomUUID().toString();
    return copying(mark, () -> forked(api.fork(from, NAMED + mark), spec, mark));
  }

  private DaytonaSandbox forked(JsonNode answer, SandboxSpec spec, String mark) {
    JsonNode made = awaitStarted(answer, spec.lifetime());
    String id = made.path("id").asString("");
    api.labels(id, DaytonaShape.labels(spec, mark));
    api.lifetime(id, minutes(spec.lifetime()));
    JsonNode shown = api.get(id).orElseThrow(() -> notFound(id));
    return new DaytonaSandbox(this, api, DaytonaShape.info(shown), spec, toolbox(shown));
  }

  // ---- finding ----

  /** One whose time is over is destroyed by whoever looks first: Daytona counts in minutes. */
  private Optional<JsonNode> alive(String id) {
    Optional<JsonNode> shown =
        api.get(id).filter(each -> DaytonaShape.state(each) != SandboxState.TERMINATED);
    if (shown.filter(each -> VendorLabels.expired(DaytonaShape.info(each))).isPresent()) {
      api.delete(id);
      return Optional.empty();
    }
    return shown;
  }

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return alive(id).map(DaytonaShape::info);
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return ID.matcher(id).matches() ? alive(id).map(this::handle) : Optional.empty();
  }

  private Sandbox handle(JsonNode shown) {
    return new DaytonaSandbox(
        this,
        api,
        DaytonaShape.info(shown),
        VendorLabels.spec(DaytonaShape.labels(shown)),
        toolbox(shown));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return api.list(labels).stream()
        .map(DaytonaShape::info)
        .filter(info -> info.state() != SandboxState.TERMINATED && carries(info, labels))
        .filter(
            info -> !VendorLabels.expired(info) || !ended(info.id(), () -> api.delete(info.id())))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    return ID.matcher(id).matches() && api.delete(id);
  }

  @Override
  public boolean deleteSnapshot(String id) {
    return ID.matcher(id).matches() && api.deleteSnapshot(id);
  }

  @Override
  public void healthCheck() {
    api.check();
  }

  @Override
  public void close() {
    super.close();
    api.close();
  }
}
