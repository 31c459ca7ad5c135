package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.SandboxProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes a sandbox at a provider, set up, or leaves nothing behind. */
@FunctionalInterface
interface Creation {
  /** Any number at the same time. */
  Creation UNLIMITED = Creation::open;

  Sandbox make(SandboxProvider provider, SandboxSpec spec);

  private static Sandbox open(SandboxProvider provider, SandboxSpec spec) {
    Sandbox sandbox = provider.create(spec);
    try {
      SetupCommands.run(sandbox, spec);
      return sandbox;
    } catch (RuntimeException | Error e) {
      destroy(sandbox);
      throw e;
    }
  }

  /**
   * Destroys a sandbox whatever happens, also on a thread that has been interrupted; failures are
   * logged.
   */
  static boolean destroy(Sandbox sandbox) {
    Logger log = LoggerFactory.getLogger(Creation.class);
    boolean interrupted = Thread.interrupted();
    try (sandbox) {
      return sandbox.destroy();
    } catch (RuntimeException e) {
      log.warn("could not destroy sandbox {} at {}", sandbox.id(), sandbox.provider(), e);
      return false;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
