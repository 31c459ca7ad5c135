package dev.dunes.provider.docker;

import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** A daemon and what it has. Nothing is asked of it before it is needed. */
final class Daemon {
  private final Engine engine;
  private final DockerSettings settings;
  private final Containers containers;
  private final Images images;
  private final GuestReach reach;
  private final ReentrantLock asking = new ReentrantLock();
  private @Nullable DaemonInfo info;

  Daemon(Engine engine, DockerSettings settings, RegistryLogin login) {
    this.engine = engine;
    this.settings = settings;
    this.containers = new Containers(engine);
    this.images = new Images(engine, login);
    this.reach = new GuestReach(containers);
  }

  Engine engine() {
    return engine;
  }

  DockerSettings settings() {
    return settings;
  }

  Containers containers() {
    return containers;
  }

  Images images() {
    return images;
  }

  GuestReach reach() {
    return reach;
  }

  /** What it says about itself, asked once. */
  DaemonInfo info() {
    asking.lock();
    try {
      if (info == null) {
        info = DaemonInfo.of(engine);
      }
      return info;
    } finally {
      asking.unlock();
    }
  }

  /** Whether this machine's files have the same paths for it. */
  boolean sharesFiles() {
    Optional<Boolean> set = settings.sharedFiles();
    return set.isPresent() ? set.get() : info().onThisMachine(engine.address());
  }
}
