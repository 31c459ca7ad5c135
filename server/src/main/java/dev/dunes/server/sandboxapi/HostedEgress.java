package dev.dunes.server.sandboxapi;

import dev.dunes.gateway.EgressPolicy;
import dev.dunes.gateway.HostHeaders;
import dev.dunes.gateway.SocksProxy;
import dev.dunes.hosting.Egress;
import dev.dunes.hosting.HostingException;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.server.tls.HostAuthority;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.SandboxEgress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The way out of hosted sandboxes: the proxy that runs have, too. */
final class HostedEgress implements Egress, AutoCloseable {
  private final HostAuthority authority;
  private final SandboxEgress proxy;

  /**
   * @param hosting its directory
   */
  HostedEgress(RunsConfig runs, Path hosting) {
    this.authority = new HostAuthority(hosting.resolve("authority"));
    this.proxy = new SandboxEgress(runs, hosting.resolve("way"), Optional.of(authority::of));
  }

  @Override
  public void check(Rules rules) {
    SandboxEgress.check(policy(rules));
  }

  private static EgressPolicy policy(Rules rules) {
    List<HostHeaders> headers =
        rules.headers().stream()
            .map(each -> new HostHeaders(each.host(), () -> now(each)))
            .toList();
    return new EgressPolicy(rules.allowed(), headers, rules.proxy().map(HostedEgress::socks));
  }

  private static Map<String, String> now(Headers headers) throws HostHeaders.UnavailableException {
    try {
      return headers.now().get();
    } catch (HostingException e) {
      throw new HostHeaders.UnavailableException(String.valueOf(e.getMessage()));
    }
  }

  private static SocksProxy socks(dev.dunes.hosting.SocksProxy proxy) {
    return new SocksProxy(
        proxy.address(),
        proxy.username().map(user -> new SocksProxy.Login(user, proxy.password().orElse(""))));
  }

  @Override
  public Way open(String sandbox, Rules rules) {
    return new ProxyWay(proxy.open(sandbox, policy(rules)), certificate());
  }

  @Override
  public Optional<Way> reopen(String sandbox, Rules rules, String secret) {
    return Optional.of(new ProxyWay(proxy.reopen(sandbox, policy(rules), secret), certificate()));
  }

  private String certificate() {
    try {
      return authority.certificate();
    } catch (IOException e) {
      throw new UncheckedIOException("the authority of sandboxes: " + e.getMessage(), e);
    }
  }

  /** Ends every way. */
  @Override
  public void close() {
    proxy.close();
  }

  private record ProxyWay(SandboxEgress.Way way, String certificate) implements Way {
    @Override
    public HostRelay relay() {
      return way.relay();
    }

    @Override
    public Map<String, String> variables() {
      return way.variables();
    }

    @Override
    public Optional<String> authority() {
      return Optional.of(certificate);
    }

    @Override
    public Optional<String> secret() {
      return Optional.of(way.secret());
    }

    @Override
    public void change(Rules rules) {
      way.change(policy(rules));
    }

    @Override
    public void close() {
      way.close();
    }
  }
}
