package dev.dunes.sandbox;

import dev.dunes.sandbox.spi.AtExit;
import dev.dunes.sandbox.spi.ProviderSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The {@link Sandboxes} of this process; closed when it ends. */
final class SharedSandboxes {
  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Map<String, String> SETTINGS = new HashMap<>();

  /**
   * All there have been: what was opened before a change of settings goes on until the process
   * ends.
   */
  private static final List<Sandboxes> ALL = new ArrayList<>();

  private static @Nullable Sandboxes current;

  private SharedSandboxes() {}

  static Sandboxes get() {
    LOCK.lock();
    try {
      Sandboxes known = current;
      return known == null ? open() : known;
    } finally {
      LOCK.unlock();
    }
  }

  static void configure(Map<String, String> settings) {
    SettingNames.check(settings.keySet(), Providers.factories());
    LOCK.lock();
    try {
      SETTINGS.putAll(settings);
      current = null;
    } finally {
      LOCK.unlock();
    }
  }

  private static Sandboxes open() {
    if (ALL.isEmpty()) {
      AtExit.then(SharedSandboxes::close);
    }
    Sandboxes opened =
        Sandboxes.builder().settings(new ProviderSettings(SETTINGS, System.getenv())).build();
    ALL.add(opened);
    current = opened;
    return opened;
  }

  private static void close() {
    List.copyOf(ALL).forEach(Sandboxes::close);
  }
}
