package dev.dunes.session;

import dev.dunes.agent.ModelAccess;
import dev.dunes.gateway.GatewayLease;
import dev.dunes.sandbox.Sandbox;
import dev.dunes.sandbox.SecretMask;
import dev.dunes.session.engine.AgentPlace;
import java.time.Instant;
import java.util.Map;
import java.util.function.Consumer;

/** A box with a lease at its gateway. */
record LeasedPlace(
    Box box,
    boolean shared,
    GatewayLease lease,
    ModelAccess access,
    SecretMask mask,
    Consumer<Box> ender)
    implements AgentPlace {
  @Override
  public Sandbox sandbox() {
    return box.sandbox();
  }

  @Override
  public String home() {
    return box.home();
  }

  @Override
  public Map<String, String> environment() {
    return box.door().proxyVariables(lease.token());
  }

  @Override
  public Instant lastActivity() {
    return lease.lastActivity();
  }

  @Override
  public void renew() {
    box.sandbox().renew(box.lifetime());
  }

  @Override
  public void close() {
    try {
      lease.close();
    } finally {
      if (!shared) {
        ender.accept(box);
      }
    }
  }
}
