package dev.dunes.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Receives signals. The JDK's only way to is {@code sun.misc.Signal} of the supported module {@code
 * jdk.unsupported}; the compiler warns of naming it, so it is looked up.
 */
final class Signals {
  private Signals() {}

  /**
   * Has this done after each signal of a name such as {@code WINCH}, on a thread of the JVM, in
   * place of what the JVM does then. False where there is no such signal.
   */
  static boolean on(String name, Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      InvocationHandler call =
          (proxy, method, arguments) -> {
            if (method.getName().equals("handle")) {
              action.run();
            }
            return null;
          };
      Object receiver =
          Proxy.newProxyInstance(Signals.class.getClassLoader(), new Class<?>[] {handler}, call);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), receiver);
      return true;
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      return false;
    }
  }
}
