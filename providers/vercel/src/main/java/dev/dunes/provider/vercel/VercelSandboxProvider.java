package dev.dunes.provider.vercel;

import dev.dunes.provider.cloud.CloudHttp;
import dev.dunes.provider.cloud.CloudProvider;
import dev.dunes.provider.cloud.CloudSandbox;
import dev.dunes.provider.cloud.CloudSpecs;
import dev.dunes.provider.cloud.Deadlines;
import dev.dunes.provider.vercel.VercelShape.Facts;
import dev.dunes.sandbox.Capability;
import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.IsolationTier;
import dev.dunes.sandbox.NetworkMode;
import dev.dunes.sandbox.ProviderCapabilities;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxInfo;
import dev.dunes.sandbox.SandboxSpec;
import dev.dunes.sandbox.SandboxState;
import dev.dunes.sandbox.SandboxTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Sandboxes at Vercel. Their names are ours to choose, and are their ids here. */
final class VercelSandboxProvider extends CloudProvider {
  private static final Logger LOG = LoggerFactory.getLogger(VercelSandboxProvider.class);
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");
  private static final Pattern RUNTIME = Pattern.compile("(node|python|bun)[0-9]+([.][0-9]+)*");
  private static final String NAME = VercelSandboxProviderFactory.NAME;
  private static final String PREFIX = "dunes-";
  private static final String SNAPSHOT = "snapshot:";

  /** Every processor comes with so much memory. */
  private static final int MIB_OF_A_PROCESSOR = 2048;

  private static final Duration START_LIMIT = Duration.ofMinutes(3);
  private static final long LOOK_MILLIS = 200;

  private final VercelApi api;
  private final Deadlines deadlines = new Deadlines(id -> look(id).flatMap(SandboxInfo::deadline));

  VercelSandboxProvider(VercelSettings settings) {
    this.api = new VercelApi(settings);
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
    CloudSpecs.checkIsolation(NAME, spec, IsolationTier.MICROVM);
    if (spec.diskMb().isPresent()) {
      throw CloudSpecs.unsupported(NAME, "disk", "its size cannot be chosen", "leave it out");
    }
    if (spec.maxProcesses().isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "maxProcesses", "it has no limit on processes", "leave it out");
    }
    if (spec.network().filter(NetworkMode.HOST::equals).isPresent()) {
      throw CloudSpecs.unsupported(
          NAME, "network", "its sandboxes are not on this network", "use 'bridge' or 'none'");
    }
    if (spec.labels().size() > VercelShape.MOST_LABELS) {
      throw CloudSpecs.unsupported(
          NAME,
          "labels",
          "it keeps five tags of a sandbox, of which one is ours",
          "give it at most %d labels, not %d"
              .formatted(VercelShape.MOST_LABELS, spec.labels().size()));
    }
    if (spec.labels().containsKey(VercelShape.OURS)) {
      throw InvalidRequestException.field(
          "labels", VercelShape.OURS, "another name: the tag of that name is ours");
    }
    if (Facts.of(spec).tag().length() > VercelShape.LONGEST_TAG) {
      throw InvalidRequestException.field(
          "workingDir", spec.workingDir().orElse(""), "a shorter path: it is kept in a tag");
    }
  }

  // ---- making ----

  @Override
  protected CloudSandbox make(SandboxSpec spec, String mark) {
    ObjectNode body = VercelApi.JSON.createObjectNode();
    body.put("projectId", api.settings.project()).put("name", PREFIX + mark);
    spec.image().ifPresent(image -> image(body, image));
    body.put("timeout", spec.lifetime().toMillis());
    body.putArray("ports");
    processors(spec).ifPresent(count -> body.putObject("resources").put("vcpus", count));
    spec.env().forEach(body.putObject("env")::put);
    ObjectNode tags = body.putObject("tags");
    spec.labels().forEach(tags::put);
    Facts facts = Facts.of(spec);
    tags.put(VercelShape.OURS, facts.tag());
    body.put("persistent", false);
    if (spec.network().filter(NetworkMode.NONE::equals).isPresent()) {
      body.putObject("networkPolicy").put("mode", "deny-all");
    }
    return started(api.create(body), mark, spec, facts);
  }

  private VercelSandbox started(JsonNode answer, String mark, SandboxSpec spec, Facts facts) {
    JsonNode made = awaitStarted(answer).path("sandbox");
    SandboxInfo info = VercelShape.info(made);
    if (!info.id().equals(PREFIX + mark)) {
      throw unexpected(info.id(), new IllegalStateException("a sandbox of another name"));
    }
    keep(info.id(), facts.deadline());
    return new VercelSandbox(this, api, info, spec, VercelShape.session(made));
  }

  /** Begins with what was saved last of another; Vercel copies what it was made with. */
  Sandbox fork(String from, SandboxSpec spec) {
    String mark = UUID.randomUUID().toString();
    Facts facts = Facts.of(spec);
    ObjectNode body = VercelApi.JSON.createObjectNode().put("name", PREFIX + mark);
    body.put("timeout", spec.lifetime().toMillis());
    ObjectNode tags = body.putObject("tags");
    spec.labels().forEach(tags::put);
    tags.put(VercelShape.OURS, facts.tag());
    body.put("persistent", false);
    return copying(mark, () -> started(api.fork(from, body), mark, spec, facts));
  }

  private static void image(ObjectNode body, String image) {
    if (image.startsWith(SNAPSHOT)) {
      body.putObject("source")
          .put("type", "snapshot")
          .put("snapshotId", image.substring(SNAPSHOT.length()));
    } else if (RUNTIME.matcher(image).matches()) {
      body.put("runtime", image);
    } else {
      body.put("image", image);
    }
  }

  /** As many as are asked for, and as many as bring the memory that is asked for. */
  private static Optional<Integer> processors(SandboxSpec spec) {
    if (spec.cpuCores().isEmpty() && spec.memoryMb().isEmpty()) {
      return Optional.empty();
    }
    int cores = (int) Math.ceil(spec.cpuCores().orElse(1));
    int forMemory = Math.ceilDiv(spec.memoryMb().orElse(1), MIB_OF_A_PROCESSOR);
    return Optional.of(Math.max(1, Math.max(cores, forMemory)));
  }

  private JsonNode awaitStarted(JsonNode first) {
    long end = System.nanoTime() + START_LIMIT.toNanos();
    JsonNode shown = first;
    String id = first.path("sandbox").path("name").asString("");
    while (VercelShape.state(shown.path("sandbox")) != SandboxState.RUNNING) {
      SandboxState state = VercelShape.state(shown.path("sandbox"));
      if (state != SandboxState.CREATING) {
        throw new ProviderException(
            "vercel could not start the sandbox: it is " + state.wireName(),
            ErrorDetails.at(NAME, id).withRemedy("check the image, and the limits of the account"));
      }
      if (System.nanoTime() - end > 0) {
        throw SandboxTimeoutException.after(START_LIMIT);
      }
      VercelSandbox.pause(LOOK_MILLIS);
      shown = api.get(id).orElseThrow(() -> notFound(id));
    }
    return shown;
  }

  /** Ends it at this moment, if this program still runs then. */
  void keep(String id, Instant deadline) {
    deadlines.keep(id, deadline);
  }

  /** All tags with another deadline, as the body of a change. */
  static ObjectNode tags(JsonNode sandbox, Instant deadline) {
    Map<String, String> tags = new LinkedHashMap<>(VercelShape.tags(sandbox));
    Facts.of(sandbox).ifPresent(facts -> tags.put(VercelShape.OURS, facts.until(deadline).tag()));
    ObjectNode body = VercelApi.JSON.createObjectNode();
    tags.forEach(body.putObject("tags")::put);
    return body;
  }

  @Override
  protected List<String> marked(String mark) {
    return api.get(PREFIX + mark).isPresent() ? List.of(PREFIX + mark) : List.of();
  }

  // ---- finding ----

  /**
   * What Vercel shows of one that is not over. Of ours, one whose time is over is destroyed by
   * whoever looks first, and so is what is left of one that has stopped.
   */
  Optional<JsonNode> alive(String id) {
    Optional<JsonNode> shown = api.get(id);
    if (shown.filter(each -> VercelShape.over(each.path("sandbox"))).isPresent()) {
      clear(shown.get().path("sandbox"));
      return Optional.empty();
    }
    return shown;
  }

  /** The same, without touching what is over: whoever destroys it is to hear that he did. */
  Optional<JsonNode> peek(String id) {
    return api.get(id).filter(shown -> !VercelShape.over(shown.path("sandbox")));
  }

  private void clear(JsonNode sandbox) {
    if (Facts.of(sandbox).isPresent()) {
      remove(sandbox);
    }
  }

  private boolean remove(JsonNode sandbox) {
    String id = sandbox.path("name").asString("");
    // before it is stopped: whoever looks at it then deletes it, too
    Optional<List<JsonNode>> saved = saved(id);
    try {
      if (VercelShape.persistent(sandbox) && VercelShape.state(sandbox) == SandboxState.RUNNING) {
        api.update(id, CloudHttp.object().put("persistent", false)); // else stopping saves it
      }
      api.stop(id, VercelShape.session(sandbox));
    } catch (SandboxException e) {
      LOG.debug("sandbox {} could not be stopped before it is deleted", id, e);
    }
    if (saved.filter(all -> all.stream().noneMatch(VercelSandboxProvider::stays)).isPresent()) {
      return api.delete(id, true);
    }
    boolean was = api.delete(id, false);
    saved.orElse(List.of()).stream()
        .filter(each -> !stays(each))
        .map(VercelShape::snapshot)
        .forEach(this::drop);
    return was;
  }

  private Optional<List<JsonNode>> saved(String id) {
    try {
      return Optional.of(api.snapshots(id));
    } catch (SandboxException e) {
      LOG.warn("what was saved of sandbox {} is left at vercel until it expires", id, e);
      return Optional.empty();
    }
  }

  /** One that is not needed any more; else it ends by itself. */
  void drop(String snapshot) {
    try {
      api.deleteSnapshot(snapshot);
    } catch (SandboxException e) {
      LOG.warn("snapshot {} is left at vercel until it expires", snapshot, e);
    }
  }

  /** Somebody asked for it, so it outlives its sandbox. */
  private static boolean stays(JsonNode snapshot) {
    return !snapshot.hasNonNull("expiresAt");
  }

  @Override
  protected Optional<SandboxInfo> look(String id) {
    return alive(id).map(shown -> VercelShape.info(shown.path("sandbox")));
  }

  @Override
  public Optional<Sandbox> get(String id) {
    return ID.matcher(id).matches()
        ? alive(id).map(shown -> handle(shown.path("sandbox")))
        : Optional.empty();
  }

  private Sandbox handle(JsonNode sandbox) {
    return new VercelSandbox(
        this,
        api,
        VercelShape.info(sandbox),
        VercelShape.spec(sandbox),
        VercelShape.session(sandbox));
  }

  @Override
  public List<SandboxInfo> list(Map<String, String> labels) {
    return api.list(labels).stream()
        .filter(sandbox ->
            !VercelShape.over(sandbox)
                || !ended(sandbox.path("name").asString(""), () -> clear(sandbox)))
        .map(VercelShape::info)
        .filter(info -> carries(info, labels))
        .toList();
  }

  @Override
  public boolean destroy(String id) {
    if (!ID.matcher(id).matches()) {
      return false;
    }
    Optional<JsonNode> shown = api.get(id);
    boolean was = shown.isPresent() && remove(shown.get().path("sandbox"));
    deadlines.forget(id);
    return was;
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
    deadlines.close();
    api.close();
  }
}
