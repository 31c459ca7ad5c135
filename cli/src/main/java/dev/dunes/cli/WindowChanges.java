package dev.dunes.cli;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;

/**
 * Tells when our terminal's window changes its size (SIGWINCH). The JDK's only way to receive a
 * signal is {@code sun.misc.Signal} of the supported module {@code jdk.unsupported}; the compiler
 * warns of naming it, so it is looked up.
 */
final class WindowChanges {
  private WindowChanges() {}

  /**
   * Has this done after each change, on a thread of the JVM. Does nothing where there is no such
   * signal.
   */
  static void onChange(Runnable action) {
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
          Proxy.newProxyInstance(
              WindowChanges.class.getClassLoader(), new Class<?>[] {handler}, call);
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("WINCH"), receiver);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      // No such signal here: the size stays as it was at the start.
    }
  }
}
