package dev.dunes.provider.docker;

import dev.dunes.guest.SandboxStore;
import dev.dunes.guest.Uninterrupted;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.Snapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The images a daemon has, fetched when they are missing, and snapshots, which are images, too. */
final class Images {
  private static final Logger LOG = LoggerFactory.getLogger(Images.class);
  private static final Duration BEING_TAKEN = Duration.ofMinutes(10);
  private static final Duration COMMIT_LIMIT = Duration.ofSeconds(30);
  private static final long COMMIT_POLL_MILLIS = 20;
  private static final Duration PULL_LIMIT = Duration.ofMinutes(30);
  private static final String SNAPSHOT_PREFIX = "snapshot:";
  private static final String SNAPSHOT_REPOSITORY = "dunes-snapshot";
  private static final Pattern SNAPSHOT_ID = Pattern.compile("[a-z0-9]{12,20}");

  /** Docker's reference grammar, simplified: what is not in it cannot be a name. */
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}(@sha256:[0-9a-f]{64})?");

  private final Engine engine;
  private final RegistryLogin login;

  /** Snapshots this program has deleted, whose files may be there still. */
  private final Set<String> forgotten = ConcurrentHashMap.newKeySet();

  Images(Engine engine, RegistryLogin login) {
    this.engine = engine;
    this.login = login;
  }

  /** The daemon's own name for what a specification calls an image. */
  static String reference(String image) {
    if (!image.startsWith(SNAPSHOT_PREFIX)) {
      if (!NAME.matcher(image).matches()) {
        throw InvalidRequestException.field(
            "image", image, "the name of an image, such as debian:bookworm, or snapshot:ID");
      }
      return image;
    }
    String id = image.substring(SNAPSHOT_PREFIX.length());
    return SNAPSHOT_REPOSITORY + ":" + (SNAPSHOT_ID.matcher(id).matches() ? id : "none");
  }

  /**
   * The image, fetched if need be.
   *
   * @throws SandboxException when there is none
   */
  ImageConfig resolve(Plan plan) {
    String reference = reference(plan.image());
    boolean local = plan.image().startsWith(SNAPSHOT_PREFIX) || isBuilt(plan.image());
    if (plan.pull() == DockerSettings.Pull.ALWAYS && !local) {
      pull(plan.image());
    }
    Optional<ImageConfig> found = inspect(reference);
    if (found.isPresent()) {
      return found.get();
    }
    if (local || plan.pull() == DockerSettings.Pull.NEVER) {
      throw missing(plan.image(), "");
    }
    pull(plan.image());
    return inspect(reference).orElseThrow(() -> missing(plan.image(), ""));
  }

  /** It is in no registry: it is built from this project's {@code Dockerfile.agent}. */
  private static boolean isBuilt(String image) {
    return image.equals(DockerSettings.AGENT_IMAGE) || image.equals("sandstorm-agent");
  }

  Optional<ImageConfig> inspect(String reference) {
    Answer answer = engine.get("/images/" + reference + "/json");
    if (answer.notFound()) {
      return Optional.empty();
    }
    if (!answer.ok()) {
      throw DockerErrors.refused("look at the image " + reference, answer);
    }
    return Optional.of(ImageConfig.of(answer.json()));
  }

  /** The message is part of the contract: sheet query-api 2.12. */
  private static SandboxException missing(String image, String why) {
    String remedy =
        isBuilt(image)
            ? "build it: docker build -t sandstorm-agent:latest -f Dockerfile.agent ."
            : image.startsWith(SNAPSHOT_PREFIX)
                ? "take the snapshot again, or use another image"
                : "build or pull it: docker pull " + image;
    return new InvalidRequestException(
        "image",
        "Failed to create Docker sandbox: Docker image %s not found%s".formatted(image, why),
        DockerErrors.details().withStatus(404).withRemedy(remedy));
  }

  // ---- fetching ----

  private void pull(String image) {
    LOG.info("pulling {}", image);
    AtomicReference<String> failure = new AtomicReference<>("");
    PullProgress progress = new PullProgress(image);
    Answer answer =
        engine.lines(
            "/images/create?fromImage=" + Engine.quote(withTag(image)),
            login.header(image),
            PULL_LIMIT,
            line -> {
              progress.line(line);
              if (line.has("error")) {
                failure.set(line.path("error").asString("unknown"));
              }
            });
    if (answer.notFound()) {
      throw missing(image, ": " + answer.message());
    }
    if (!answer.ok()) {
      throw unpulled(image, answer);
    }
    if (!failure.get().isEmpty()) {
      throw unpulled(image, new Answer(500, failureBody(failure.get())));
    }
    LOG.info("pulled {}", image);
  }

  private static byte[] failureBody(String text) {
    return JsonMapper.shared()
        .writeValueAsBytes(JsonMapper.shared().createObjectNode().put("message", text));
  }

  private static SandboxException unpulled(String image, Answer answer) {
    String said = answer.message();
    if (said.contains("no space left") || answer.status() == 401 || answer.status() == 403) {
      return DockerErrors.refused("pull the image " + image, answer);
    }
    if (said.contains("unauthorized") || said.contains("denied") || said.contains("not found")) {
      return missing(image, ": " + said);
    }
    return new ProviderException(
        "Failed to create Docker sandbox: Docker image %s not found here and cannot be pulled: %s"
            .formatted(image, said),
        DockerErrors.details()
            .withStatus(answer.status())
            .withRemedy("see whether the daemon reaches the registry, or load the image by hand"));
  }

  /** Without a tag the daemon would fetch all there are. */
  private static String withTag(String image) {
    String last = image.substring(image.lastIndexOf('/') + 1);
    return last.contains(":") || last.contains("@") ? image : image + ":latest";
  }

  // ---- snapshots ----

  /** Saves a container's files; the daemon holds it still while they are read. */
  Snapshot commit(String container, String instance) {
    String id = SandboxStore.newId();
    ObjectNode config = JsonMapper.shared().createObjectNode();
    ObjectNode labels = config.putObject("Labels");
    labels.put(ContainerLabels.SNAPSHOT, id);
    labels.put(ContainerLabels.INSTANCE, instance);
    try {
      Answer answer =
          engine.call(
              "POST",
              "/commit?container=%s&repo=%s&tag=%s&pause=true"
                  .formatted(container, SNAPSHOT_REPOSITORY, id),
              config,
              Engine.LONG);
      if (!answer.ok()) {
        throw DockerErrors.refused("save the sandbox's files", answer);
      }
      return new Snapshot(id, DockerSandboxProviderFactory.NAME, Instant.now());
    } catch (RuntimeException | Error e) {
      Uninterrupted.run(() -> uncommit(container, id, instance, e));
      throw e;
    }
  }

  /**
   * Nobody knows of what was saved when its answer is lost. The daemon may still be at it: it holds
   * the container still until then.
   */
  private boolean uncommit(String container, String id, String instance, Throwable failure) {
    try {
      boolean answered = failure instanceof SandboxException e && e.statusCode().isPresent();
      long end = System.nanoTime() + COMMIT_LIMIT.toNanos();
      while (!answered && holdsStill(container) && System.nanoTime() - end < 0) {
        TimeUnit.MILLISECONDS.sleep(COMMIT_POLL_MILLIS);
      }
      delete(id);
      collect(instance);
    } catch (SandboxException e) {
      LOG.warn("snapshot {}:{} may be left", SNAPSHOT_REPOSITORY, id, e);
      failure.addSuppressed(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException("the interrupt was put aside", e);
    }
    return true;
  }

  private boolean holdsStill(String container) {
    Answer answer = engine.get("/containers/" + container + "/json");
    return answer.ok() && answer.json().path("State").path("Paused").asBoolean(false);
  }

  /** Forgets a snapshot; its files go once no container stands on them. */
  boolean delete(String snapshot) {
    if (!SNAPSHOT_ID.matcher(snapshot).matches()) {
      return false;
    }
    forgotten.add(snapshot);
    Answer answer =
        engine.call(
            "DELETE",
            "/images/%s:%s?force=true".formatted(SNAPSHOT_REPOSITORY, snapshot),
            null,
            Engine.LONG);
    if (answer.notFound()) {
      return false;
    }
    if (!answer.ok()) {
      throw DockerErrors.refused("delete the snapshot " + snapshot, answer);
    }
    return true;
  }

  /**
   * Removes the files of forgotten snapshots that nothing stands on any more. For a moment a
   * snapshot that is being taken looks as if it were forgotten, as the daemon names it last: so
   * what another program may have forgotten has to be some minutes old.
   */
  void collect(String instance) {
    Answer answer =
        engine.get(
            "/images/json?filters="
                + Engine.quote(
                    "{\"dangling\":[\"true\"],\"label\":[\"%s=%s\",\"%s\"]}"
                        .formatted(ContainerLabels.INSTANCE, instance, ContainerLabels.SNAPSHOT)));
    if (!answer.ok()) {
      throw DockerErrors.refused("list images", answer);
    }
    long young = Instant.now().minus(BEING_TAKEN).getEpochSecond();
    for (JsonNode each : answer.json()) {
      String id = each.path("Id").asString("");
      String snapshot = each.path("Labels").path(ContainerLabels.SNAPSHOT).asString("");
      if (!forgotten.contains(snapshot) && each.path("Created").asLong(0) > young) {
        continue;
      }
      Answer gone = engine.call("DELETE", "/images/" + id, null, Engine.LONG);
      if (!gone.ok() && !gone.notFound() && !gone.conflict()) {
        LOG.warn("the files of a snapshot cannot be removed now: {}", gone.message());
      } else if (!gone.conflict()) {
        forgotten.remove(snapshot);
      }
    }
  }

  static boolean isSnapshot(String image) {
    return image.startsWith(SNAPSHOT_PREFIX);
  }
}
