package dev.dunes.agent.install;

import dev.dunes.agent.AgentSettings;
import java.io.IOException;
import java.net.Authenticator;
import java.net.InetSocketAddress;
import java.net.PasswordAuthentication;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The proxies that the environment names: {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code
 * NO_PROXY} in upper and lower case, else npm's {@code https-proxy}, {@code proxy} and {@code
 * noproxy}. A name and a password may stand in the address.
 */
final class Proxies extends ProxySelector {
  private static final Logger LOG = LoggerFactory.getLogger(Proxies.class);

  /** The schemes that are not used through tunnels; Basic, unless set. */
  static final String TUNNEL_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

  private final Optional<URI> secure;
  private final Optional<URI> plain;
  private final List<String> direct;

  Proxies(AgentSettings settings) {
    NpmFiles npm = new NpmFiles(settings);
    this.secure =
        either(settings, "HTTPS_PROXY")
            .or(() -> npm.value("https-proxy"))
            .or(() -> npm.value("proxy"))
            .map(Proxies::parse);
    this.plain = either(settings, "HTTP_PROXY").or(() -> npm.value("proxy")).map(Proxies::parse);
    this.direct =
        either(settings, "NO_PROXY")
            .or(() -> npm.value("noproxy"))
            .map(list -> Arrays.stream(list.split(",")).map(String::strip).toList())
            .orElse(List.of());
  }

  private static Optional<String> either(AgentSettings settings, String name) {
    return settings.variable(name).or(() -> settings.variable(name.toLowerCase(Locale.ROOT)));
  }

  private static URI parse(String address) {
    URI uri;
    try {
      uri = URI.create(address.contains("://") ? address : "http://" + address);
    } catch (IllegalArgumentException e) {
      throw wrong(e);
    }
    if (uri.getHost() == null) {
      throw wrong(null);
    }
    return uri;
  }

  private static RuntimeException wrong(@Nullable Throwable cause) {
    String message = "the address of the proxy cannot be used";
    String remedy = "use http://[name:password@]host:port in HTTPS_PROXY and HTTP_PROXY";
    return cause == null
        ? InstallFailure.of(message, remedy)
        : InstallFailure.of(message, remedy, cause);
  }

  @Override
  public List<Proxy> select(URI uri) {
    Optional<URI> proxy = "https".equals(uri.getScheme()) ? secure : plain;
    if (proxy.isEmpty() || goesDirect(uri.getHost())) {
      return List.of(Proxy.NO_PROXY);
    }
    URI at = proxy.get();
    int port = at.getPort() >= 0 ? at.getPort() : 80;
    return List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHost(), port)));
  }

  private boolean goesDirect(String host) {
    return direct.stream()
        .filter(name -> !name.isEmpty())
        .anyMatch(name -> {
          String bare = name.startsWith(".") ? name.substring(1) : name;
          return name.equals("*")
              || host.equalsIgnoreCase(bare)
              || host.toLowerCase(Locale.ROOT).endsWith("." + bare.toLowerCase(Locale.ROOT));
        });
  }

  @Override
  public void connectFailed(URI uri, SocketAddress address, IOException failure) {
    LOG.debug("no connection to proxy {}", address, failure);
  }

  /**
   * Gives the name and password of the proxy's address to that proxy alone. Java sends them through
   * tunnels only when told so before its client is used for the first time in a process; a later
   * refusal says what to do.
   */
  Optional<Authenticator> authenticator() {
    return List.of(secure, plain).stream()
        .flatMap(Optional::stream)
        .filter(proxy -> proxy.getRawUserInfo() != null)
        .findFirst()
        .map(proxy -> {
          if (System.getProperty(TUNNEL_SCHEMES) == null) {
            System.setProperty(TUNNEL_SCHEMES, "");
          }
          return authenticator(proxy);
        });
  }

  private static Authenticator authenticator(URI proxy) {
    String[] user = proxy.getRawUserInfo().split(":", 2);
    PasswordAuthentication answer =
        new PasswordAuthentication(
            decode(user[0]), decode(user.length > 1 ? user[1] : "").toCharArray());
    return new Authenticator() {
      @Override
      protected @Nullable PasswordAuthentication getPasswordAuthentication() {
        return getRequestorType() == RequestorType.PROXY ? answer : null;
      }
    };
  }

  private static String decode(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
