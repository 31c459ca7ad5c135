package dev.dunes.provider.docker;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.dunes.sandbox.SandboxInterruptedException;
import dev.dunes.sandbox.SandboxTimeoutException;
import dev.dunes.sandbox.Timeouts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What {@code docker login} left behind, for images of registries that want to know who asks: from
 * {@code config.json} itself or from the credential helper it names.
 */
final class RegistryLogin {
  private static final Logger LOG = LoggerFactory.getLogger(RegistryLogin.class);
  private static final String HUB = "https://index.docker.io/v1/";
  private static final int LONGEST_ANSWER = 64 << 10;
  private static final int HELPER_SECONDS = 20;

  private final Path config;

  RegistryLogin(Path configDirectory) {
    this.config = configDirectory.resolve("config.json");
  }

  /** The header a pull carries; nothing when nobody is logged in there. */
  Map<String, String> header(String image) {
    if (Files.notExists(config)) {
      return Map.of();
    }
    try {
      JsonNode json = JsonMapper.shared().readTree(Files.readString(config));
      return login(json, registry(image))
          .map(found ->
              Map.of(
                  "X-Registry-Auth",
                  Base64.getUrlEncoder()
                      .encodeToString(JsonMapper.shared().writeValueAsBytes(found))))
          .orElse(Map.of());
    } catch (IOException | JacksonException | IllegalArgumentException e) {
      LOG.warn("{} cannot be used, images are pulled without login: {}", config, why(e));
      return Map.of();
    }
  }

  /** What a parser says may show what it read: a password. */
  private static String why(Exception e) {
    return e instanceof IOException ? String.valueOf(e.getMessage()) : "it is damaged";
  }

  /** The registry an image's name begins with, by Docker's rule. */
  static String registry(String image) {
    int slash = image.indexOf('/');
    String first = slash < 0 ? "" : image.substring(0, slash);
    boolean host = first.contains(".") || first.contains(":") || first.equals("localhost");
    return host && !first.equals("docker.io") ? first : HUB;
  }

  private static Optional<ObjectNode> login(JsonNode json, String registry) throws IOException {
    String helper =
        json.path("credHelpers").path(registry).asString(json.path("credsStore").asString(""));
    if (!helper.isEmpty()) {
      return ask(helper, registry);
    }
    JsonNode entry = json.path("auths").path(registry);
    String token = entry.path("identitytoken").asString("");
    String[] pair =
        new String(Base64.getDecoder().decode(entry.path("auth").asString("")), UTF_8)
            .split(":", 2);
    if (token.isEmpty() && pair.length < 2) {
      return Optional.empty();
    }
    ObjectNode login = JsonMapper.shared().createObjectNode().put("serveraddress", registry);
    return Optional.of(
        token.isEmpty()
            ? login.put("username", pair[0]).put("password", pair[1])
            : login.put("identitytoken", token));
  }

  /** The helpers' protocol: the registry on standard input, JSON on standard output. */
  private static Optional<ObjectNode> ask(String helper, String registry) throws IOException {
    if (!helper.matches("[A-Za-z0-9_-]{1,64}")) {
      throw new IOException("'" + helper + "' is no name of a credential helper");
    }
    Process process =
        new ProcessBuilder("docker-credential-" + helper, "get")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      process.getOutputStream().write(registry.getBytes(UTF_8));
      process.getOutputStream().close();
      byte[] told =
          Timeouts.within(
              Duration.ofSeconds(HELPER_SECONDS),
              () -> process.getInputStream().readNBytes(LONGEST_ANSWER));
      if (!process.waitFor(HELPER_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
        return Optional.empty(); // it knows no login for this registry
      }
      JsonNode json = JsonMapper.shared().readTree(told);
      return Optional.of(
          JsonMapper.shared()
              .createObjectNode()
              .put("serveraddress", registry)
              .put("username", json.path("Username").asString(""))
              .put("password", json.path("Secret").asString("")));
    } catch (SandboxTimeoutException e) {
      throw new IOException("docker-credential-" + helper + " does not answer", e);
    } catch (InterruptedException e) {
      throw new SandboxInterruptedException("asking docker-credential-" + helper, e);
    } finally {
      process.destroyForcibly();
    }
  }
}
