package dev.dunes.provider.modal;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.ProviderException;
import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.SandboxNotFoundException;
import dev.dunes.sandbox.SandboxTimeoutException;
import io.grpc.StatusException;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Images from names of registries. Modal builds each once and keeps it. Cloud providers 2.2. */
final class Images {
  private static final Logger LOG = LoggerFactory.getLogger(Images.class);
  private static final String SNAPSHOT = "snapshot:";
  private static final Pattern ID = Pattern.compile("im-[A-Za-z0-9]{1,60}");
  private static final String REGISTRY_NAME = "[A-Za-z0-9][A-Za-z0-9._:/@-]{0,511}";

  /** The newest the pinned client knows; for environments that name none. */
  private static final String NEWEST_BUILDER = "2025.06";

  private static final float JOIN_SECONDS = 55;
  private static final Duration JOIN_LIMIT = Duration.ofSeconds(75);
  private static final Duration BUILD_LIMIT = Duration.ofMinutes(60);
  private static final int MOST_BROKEN = 10;

  private static final int SUCCESS = 1;
  private static final int TERMINATED = 3;
  private static final int TIMEOUT = 4;

  private final ControlPlane control;
  private volatile String builder = "";

  Images(ControlPlane control) {
    this.control = control;
  }

  /** Refuses what is no name of an image before anything is made. */
  static void check(String name) {
    if (!name.startsWith(SNAPSHOT) && !name.strip().matches(REGISTRY_NAME)) {
      throw InvalidRequestException.field(
          "image", name, "the name of an image such as python:3.13-slim, or im-… of Modal");
    }
  }

  /** The id of an image, which is built when it must be. */
  String id(String app, String name) {
    String plain = name.startsWith(SNAPSHOT) ? name.substring(SNAPSHOT.length()) : name.strip();
    if (ID.matcher(plain).matches()) {
      return plain;
    }
    if (name.startsWith(SNAPSHOT)) {
      throw new SandboxNotFoundException(
          "modal has no snapshot '%s'".formatted(plain),
          ErrorDetails.NONE
              .withProvider(ModalSandboxProviderFactory.NAME)
              .withRemedy("its snapshots have ids such as im-…"));
    }
    return build(app, plain);
  }

  private String build(String app, String name) {
    WireFields image = new WireFields().text(6, "FROM " + name);
    WireMessage answer =
        control.call(
            "ImageGetOrCreate",
            new WireFields().message(2, image).text(4, app).text(9, builderVersion()));
    String id = answer.text(1);
    WireMessage result = answer.message(2);
    if (result.number(1) == 0) {
      result = join(id, name);
    }
    long status = result.number(1);
    if (status != SUCCESS) {
      throw failed(name, status, control.secrets.clean(result.text(2)));
    }
    return id;
  }

  /** False when there was none. */
  boolean delete(String id) {
    if (!ID.matcher(id).matches()) {
      return false;
    }
    try {
      control.call("ImageDelete", new WireFields().text(1, id));
      return true;
    } catch (SandboxNotFoundException e) {
      return false;
    }
  }

  private String builderVersion() {
    String known = builder;
    if (known.isEmpty()) {
      known = askedBuilderVersion();
      builder = known;
    }
    return known;
  }

  private String askedBuilderVersion() {
    return control
        .settings
        .builderVersion()
        .or(() -> {
          WireFields request = new WireFields().text(1, control.settings.environment().orElse(""));
          WireMessage answer = control.call("EnvironmentGetOrCreate", request);
          return Optional.of(answer.message(2).message(2).text(1));
        })
        .filter(version -> !version.isEmpty())
        .orElse(NEWEST_BUILDER);
  }

  /** Follows a build to its end; what it says is in the log. */
  private WireMessage join(String id, String name) {
    LOG.info("modal builds the image {}", name);
    long end = System.nanoTime() + BUILD_LIMIT.toNanos();
    String last = "";
    int broken = 0;
    while (System.nanoTime() - end < 0) {
      WireFields request = new WireFields().text(1, id).floating(2, JOIN_SECONDS).text(3, last);
      try (RpcCall stream = control.stream("ImageJoinStreaming", request, JOIN_LIMIT)) {
        Optional<byte[]> next = stream.next();
        while (next.isPresent()) {
          WireMessage item = WireMessage.of(next.get());
          last = item.text(3).isEmpty() ? last : item.text(3);
          show(item);
          if (item.message(1).number(1) != 0) {
            return item.message(1);
          }
          next = stream.next();
        }
        broken = 0;
        ControlPlane.pause(ControlPlane.backoff(0)); // one that ends at once is not asked at once
      } catch (StatusException e) {
        if (!ModalErrors.passing(e) || ++broken > MOST_BROKEN) {
          throw control.errors.of(e, Optional.empty());
        }
        ControlPlane.pause(ControlPlane.backoff(broken));
      }
    }
    throw new SandboxTimeoutException(
        "modal has not built the image '%s' in %d minutes".formatted(name, BUILD_LIMIT.toMinutes()),
        ErrorDetails.NONE
            .withProvider(ModalSandboxProviderFactory.NAME)
            .withRemedy("look at the build in Modal's dashboard"));
  }

  private void show(WireMessage item) {
    if (LOG.isInfoEnabled()) {
      item.messages(2).stream()
          .flatMap(log -> log.text(1).lines())
          .map(control.secrets::clean)
          .filter(line -> !line.isEmpty())
          .forEach(line -> LOG.info("image: {}", line));
    }
  }

  private static SandboxException failed(String name, long status, String why) {
    ErrorDetails details = ErrorDetails.NONE.withProvider(ModalSandboxProviderFactory.NAME);
    if (status == TERMINATED || status == TIMEOUT) {
      return new ProviderException(
          "the build of the image '%s' was cut off at modal".formatted(name),
          details.withRemedy("try again"));
    }
    return new ProviderException(
        "modal cannot build the image '%s': %s".formatted(name, why),
        details.withRemedy("check its name, and that anybody may pull it"));
  }
}
