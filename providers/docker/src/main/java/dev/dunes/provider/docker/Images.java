package dev.dunes.provider.docker;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.json.JsonMapper;

/** The images a daemon has, fetched when they are missing. */
final class Images {
  private static final Logger LOG = LoggerFactory.getLogger(Images.class);
  private static final Duration PULL_LIMIT = Duration.ofMinutes(30);

  /** Docker's reference grammar, simplified: what is not in it cannot be a name. */
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:/-]{0,254}(@sha256:[0-9a-f]{64})?");

  private final Engine engine;
  private final RegistryLogin login;

  Images(Engine engine, RegistryLogin login) {
    this.engine = engine;
    this.login = login;
  }

  /** The daemon's own name for what a specification calls an image. */
  static String reference(String image) {
    if (Snapshots.isSnapshot(image)) {
      return Snapshots.reference(image);
    }
    if (!NAME.matcher(image).matches()) {
      throw InvalidRequestException.field(
          "image", image, "the name of an image, such as debian:bookworm, or snapshot:ID");
    }
    return image;
  }

  /**
   * The image, fetched if need be.
   *
   * @throws SandboxException when there is none
   */
  ImageConfig resolve(Plan plan) {
    String reference = reference(plan.image());
    boolean local = Snapshots.isSnapshot(plan.image()) || isBuilt(plan.image());
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
            : Snapshots.isSnapshot(image)
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
}
