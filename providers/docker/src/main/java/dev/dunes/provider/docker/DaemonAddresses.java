package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.sandbox.ErrorDetails;
import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds the daemon the way Docker's own command line does: {@code DOCKER_HOST}; else the context
 * named by {@code DOCKER_CONTEXT} or, in its configuration, {@code currentContext}; else the usual
 * socket. The settings {@code docker_host} and {@code docker_context} come before the variables of
 * the same name. Where there is no Docker socket at all, one of Podman or of a rootless Docker is
 * taken.
 */
final class DaemonAddresses {
  private static final Path USUAL = Path.of("/var/run/docker.sock");
  private static final String DEFAULT_CONTEXT = "default";
  private static final int TLS_PORT = 2376;
  private static final int PLAIN_PORT = 2375;
  private static final long LARGEST_FILE = 1 << 20;

  private final ProviderSettings settings;

  DaemonAddresses(ProviderSettings settings) {
    this.settings = settings;
  }

  /**
   * The daemon's address. Reads files, asks nobody.
   *
   * @throws InvalidRequestException when what is set makes no sense
   */
  DaemonAddress find() {
    Optional<String> host = settings.settingOrEnv("docker_host", "DOCKER_HOST");
    if (host.isPresent()) {
      return parse("DOCKER_HOST", host.get(), tlsFromEnvironment());
    }
    Optional<String> context =
        settings
            .settingOrEnv("docker_context", "DOCKER_CONTEXT")
            .or(() ->
                read(configDirectory().resolve("config.json"))
                    .map(config -> config.path("currentContext").asString("")))
            .filter(name -> !name.isEmpty() && !name.equals(DEFAULT_CONTEXT));
    return context.map(this::ofContext).orElseGet(() -> new DaemonAddress.Unix(usualSocket()));
  }

  /** Where Docker's command line keeps its configuration. */
  Path configDirectory() {
    return settings.env("DOCKER_CONFIG").map(Path::of).orElseGet(() -> home().resolve(".docker"));
  }

  private Path home() {
    return Path.of(settings.env("HOME").orElse(System.getProperty("user.home", "/")));
  }

  private Path usualSocket() {
    Optional<Path> runtime = settings.env("XDG_RUNTIME_DIR").map(Path::of);
    return List.of(
            Optional.of(USUAL),
            runtime.map(directory -> directory.resolve("docker.sock")),
            Optional.of(Path.of("/run/podman/podman.sock")),
            runtime.map(directory -> directory.resolve("podman/podman.sock")))
        .stream()
        .flatMap(Optional::stream)
        .filter(Files::exists)
        .findFirst()
        .orElse(USUAL);
  }

  private Optional<Path> tlsFromEnvironment() {
    return settings.env("DOCKER_TLS_VERIFY").isPresent() || settings.env("DOCKER_TLS").isPresent()
        ? Optional.of(
            settings.env("DOCKER_CERT_PATH").map(Path::of).orElseGet(this::configDirectory))
        : Optional.empty();
  }

  private DaemonAddress ofContext(String name) {
    String directory = sha256(name);
    Path contexts = configDirectory().resolve("contexts");
    JsonNode meta =
        read(contexts.resolve("meta").resolve(directory).resolve("meta.json"))
            .orElseThrow(() ->
                new InvalidRequestException(
                    "DOCKER_CONTEXT",
                    "there is no Docker context '%s' in %s".formatted(name, contexts),
                    ErrorDetails.remedy("`docker context ls` shows what there is")
                        .withProvider(DockerSandboxProviderFactory.NAME)));
    Path tls = contexts.resolve("tls").resolve(directory).resolve("docker");
    return parse(
        "Docker context '" + name + "'",
        meta.path("Endpoints").path("docker").path("Host").asString(""),
        Files.isDirectory(tls) ? Optional.of(tls) : Optional.empty());
  }

  private static DaemonAddress parse(String where, String text, Optional<Path> tls) {
    URI uri;
    try {
      uri = new URI(text.strip());
    } catch (URISyntaxException e) {
      throw refused(where, text, "use unix:///path/of/a/socket or tcp://host:port");
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme();
    return switch (scheme) {
      case "unix" -> {
        if (uri.getPath() == null || uri.getPath().isEmpty()) {
          throw refused(where, text, "name the socket: unix:///var/run/docker.sock");
        }
        yield new DaemonAddress.Unix(Path.of(uri.getPath()));
      }
      case "tcp", "http", "https" -> {
        if (uri.getHost() == null) {
          throw refused(where, text, "name the host: tcp://host:2376");
        }
        if (scheme.equals("https") && tls.isEmpty()) {
          throw refused(where, text, "set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH");
        }
        int usual = tls.isPresent() ? TLS_PORT : PLAIN_PORT;
        yield new DaemonAddress.Tcp(uri.getHost(), uri.getPort() > 0 ? uri.getPort() : usual, tls);
      }
      case "ssh" ->
          throw refused(
              where,
              text,
              "forward the socket and name it: ssh -nNT -L /tmp/docker.sock:/var/run/docker.sock"
                  + " USER@HOST; DOCKER_HOST=unix:///tmp/docker.sock"
                  + " DUNES_DOCKER_SHARED_FILES=no");
      default -> throw refused(where, text, "use unix:///path/of/a/socket or tcp://host:port");
    };
  }

  private static InvalidRequestException refused(String where, String text, String remedy) {
    return new InvalidRequestException(
        "docker_host",
        "%s: '%s' is no address Dunes can use".formatted(where, text),
        ErrorDetails.remedy(remedy).withProvider(DockerSandboxProviderFactory.NAME));
  }

  private Optional<JsonNode> read(Path file) {
    try {
      if (Files.size(file) > LARGEST_FILE) {
        throw refused(file.toString(), "a file of " + Files.size(file) + " bytes", "repair it");
      }
      return Optional.of(JsonMapper.shared().readTree(Files.readString(file)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | JacksonException e) {
      throw new InvalidRequestException(
          "docker_context",
          "%s cannot be read: %s".formatted(file, e.getMessage()),
          ErrorDetails.cause(e)
              .withProvider(DockerSandboxProviderFactory.NAME)
              .withRemedy("repair the file, or set DOCKER_HOST"));
    }
  }

  /** Docker names a context's directories by the SHA-256 of its name. */
  private static String sha256(String name) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(name.getBytes(UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
