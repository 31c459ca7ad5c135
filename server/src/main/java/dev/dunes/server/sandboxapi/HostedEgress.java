package dev.dunes.server.sandboxapi;

import dev.dunes.hosting.Egress;
import dev.dunes.sandbox.HostRelay;
import dev.dunes.session.RunsConfig;
import dev.dunes.session.SandboxEgress;
import java.util.List;
import java.util.Map;

/** The way out of hosted sandboxes: the proxy that runs have, too. */
final class HostedEgress implements Egress, AutoCloseable {
  private final SandboxEgress proxy;

  HostedEgress(RunsConfig runs) {
    this.proxy = new SandboxEgress(runs);
  }

  @Override
  public void check(List<String> allowed) {
    SandboxEgress.check(allowed);
  }

  @Override
  public Way open(String sandbox, List<String> allowed) {
    return new ProxyWay(proxy.open(sandbox, allowed));
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
    public void allow(List<String> allowed) {
      way.allow(allowed);
    }

    @Override
    public void close() {
      way.close();
    }
  }
}
