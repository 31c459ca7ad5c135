package dev.dunes.provider.local;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.AtExit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends what a program owns when it exits without having closed it. Whatever stops this hook is
 * caught up on by a later reaper.
 */
final class ExitHook {
  private static final Set<LocalSandboxProvider> OPEN = ConcurrentHashMap.newKeySet();

  static {
    AtExit.then(ExitHook::run);
  }

  private ExitHook() {}

  static void install(LocalSandboxProvider provider) {
    OPEN.add(provider);
  }

  static void remove(LocalSandboxProvider provider) {
    OPEN.remove(provider);
  }

  private static void run() {
    for (LocalSandboxProvider provider : OPEN) {
      try {
        provider.close();
      } catch (SandboxException e) {
        org.slf4j.LoggerFactory.getLogger(ExitHook.class).warn("at exit: {}", e.getMessage());
      }
    }
  }
}
