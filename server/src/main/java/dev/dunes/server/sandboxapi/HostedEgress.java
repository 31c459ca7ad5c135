package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Egress;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.SandboxEgress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The way out of hosted sandboxes: the proxy that runs have, too. */
final class HostedEgress implements Egress, AutoCloseable {
  private final SandboxEgress proxy;

  /**
   * @param hosting its directory
   */
  HostedEgress(RunsConfig runs, Path hosting) {
    this.proxy = new SandboxEgress(runs, hosting.resolve("way"));
  }

  @Override
  public void check(List<String> allowed) {
    SandboxEgress.check(allowed);
  }

  @Override
  public Way open(String sandbox, List<String> allowed) {
    return new ProxyWay(proxy.open(sandbox, allowed));
  }

  @Override
  public Optional<Way> reopen(String sandbox, List<String> allowed, String secret) {
    return Optional.of(new ProxyWay(proxy.reopen(sandbox, allowed, secret)));
  }

  /** Ends every way. */
  @Override
  public void close() {
    proxy.close();
  }

  private record ProxyWay(SandboxEgress.Way way) implements Way {
    @Override
    public HostRelay relay() {
      return way.relay();
    }

    @Override
    public Map<String, String> variables() {
      return way.variables();
    }

    @Override
    public Optional<String> secret() {
      return Optional.of(way.secret());
    }

    @Override
    public void allow(List<String> allowed) {
      way.allow(allowed);
    }

    @Override
    public void close() {
      way.close();
    }
  }
}
