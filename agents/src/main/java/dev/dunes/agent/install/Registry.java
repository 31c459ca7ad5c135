package dev.dunes.agent.install;

import static java.util.Objects.requireNonNull;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSettings;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where packages come from. There is no address built in: it is {@code DUNES_NPM_REGISTRY}, else
 * what npm is configured to use (its environment, the {@code .npmrc} of the project and the user),
 * else what the {@code npm} on this machine says.
 */
final class Registry {
  private final URI base;
  private final @Nullable String authorization;

  private Registry(URI base, @Nullable String authorization) {
    this.base = requireNonNull(base, "base");
    this.authorization = authorization;
  }

  /** The one for a package. */
  static Registry forPackage(String name, AgentSettings settings) {
    NpmFiles npm = new NpmFiles(settings);
    String address =
        settings
            .variable("DUNES_NPM_REGISTRY")
            .or(() -> scope(name).flatMap(scope -> npm.value(scope + ":registry")))
            .or(() -> npm.value("registry"))
            .or(() -> NpmProgram.registry(settings))
            .orElseThrow(() ->
                InstallFailure.of(
                    "no package registry is configured, and there is no npm to ask for one",
                    "set DUNES_NPM_REGISTRY, or registry= in ~/.npmrc, or put packages into"
                        + " the directory DUNES_AGENTS_OFFLINE names"));
    return at(address, npm);
  }

  private static Registry at(String address, NpmFiles npm) {
    URI uri = parse(address);
    String user = uri.getRawUserInfo();
    URI clean = user == null ? uri : URI.create(uri.toString().replace(user + "@", ""));
    if (user != null) {
      String decoded = URLDecoder.decode(user, StandardCharsets.UTF_8);
      return new Registry(clean, basic(decoded));
    }
    return new Registry(clean, authorization(clean, npm));
  }

  private static URI parse(String address) {
    String slashed = address.endsWith("/") ? address : address + "/";
    try {
      URI uri = URI.create(slashed);
      if (uri.getHost() != null
          && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
        return uri;
      }
    } catch (IllegalArgumentException e) {
      throw wrong(address, e);
    }
    throw wrong(address, null);
  }

  private static RuntimeException wrong(String address, @Nullable Throwable cause) {
    return new AgentException(
        "install_failed",
        "the registry's address cannot be used: " + address.replaceAll("//[^@/]*@", "//***@"),
        "use an address that starts with https:// or http://",
        cause);
  }

  /** npm's rule: the key is the address without its scheme, or a prefix of it. */
  private static @Nullable String authorization(URI base, NpmFiles npm) {
    String key = "//" + base.getRawAuthority() + base.getRawPath();
    while (key.length() > 2) {
      for (String form : new String[] {key, key.substring(0, key.length() - 1)}) {
        Optional<String> found = credentials(form, npm);
        if (found.isPresent()) {
          return found.get();
        }
      }
      int slash = key.lastIndexOf('/', key.length() - 2);
      key = slash > 1 ? key.substring(0, slash + 1) : "";
    }
    return null;
  }

  private static Optional<String> credentials(String key, NpmFiles npm) {
    Optional<String> token = npm.value(key + ":_authToken").map(value -> "Bearer " + value);
    Optional<String> auth = npm.value(key + ":_auth").map(value -> "Basic " + value);
    Optional<String> password =
        npm.value(key + ":_password")
            .map(value -> new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8));
    Optional<String> login =
        npm.value(key + ":username")
            .flatMap(user -> password.map(secret -> basic(user + ":" + secret)));
    return token.or(() -> auth).or(() -> login);
  }

  private static String basic(String userAndPassword) {
    return "Basic "
        + Base64.getEncoder().encodeToString(userAndPassword.getBytes(StandardCharsets.UTF_8));
  }

  static Optional<String> scope(String name) {
    return name.startsWith("@")
        ? Optional.of(name.substring(0, name.indexOf('/')))
        : Optional.empty();
  }

  /** Where a package's versions are listed. Sheet 2.1. */
  URI metadata(PinnedPackage wanted) {
    return base.resolve(wanted.name().replace("/", "%2F"));
  }

  /** Where a tarball usually is. */
  URI tarball(PinnedPackage wanted) {
    return base.resolve(wanted.name() + "/-/" + wanted.tarballName());
  }

  /** What to send to this address; never to another place than the registry itself. */
  Optional<String> authorizationFor(URI address) {
    return sameOrigin(address) ? Optional.ofNullable(authorization) : Optional.empty();
  }

  boolean sameOrigin(URI address) {
    return base.getScheme().equals(address.getScheme())
        && base.getHost().equalsIgnoreCase(address.getHost())
        && port(base) == port(address);
  }

  private static int port(URI uri) {
    return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
  }

  /** Never shows credentials. */
  @Override
  public String toString() {
    return base.toString();
  }
}
