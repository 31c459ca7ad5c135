package dev.dunes.provider.docker;

import dev.dunes.sandbox.SandboxException;
import dev.dunes.sandbox.spi.AtExit;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Ends what a program owns when it exits without having closed it. Whatever stops this hook is
 * caught up on by a later reaper.
 */
final class ExitHook {
  private static final Set<DockerSandboxProvider> OPEN = ConcurrentHashMap.newKeySet();

  static {
    AtExit.then(ExitHook::run);
  }

  private ExitHook() {}

  static void install(DockerSandboxProvider provider) {
    OPEN.add(provider);
  }

  static void remove(DockerSandboxProvider provider) {
    OPEN.remove(provider);
  }

  private static void run() {
    for (DockerSandboxProvider provider : OPEN) {
      try {
        provider.close();
      } catch (SandboxException e) {
        org.slf4j.LoggerFactory.getLogger(ExitHook.class).warn("at exit: {}", e.getMessage());
      }
    }
  }
}
