package dev.dunes.session.engine;

import dev.dunes.sandbox.Sandbox;
import java.lang.reflect.Proxy;

/** What an agent that needs no sandbox is given. */
final class NoSandbox {
  static final Sandbox INSTANCE =
      (Sandbox)
          Proxy.newProxyInstance(
              NoSandbox.class.getClassLoader(),
              new Class<?>[] {Sandbox.class},
              (proxy, method, arguments) -> {
                throw new IllegalStateException("this agent said that it needs no sandbox");
              });

  private NoSandbox() {}
}
