package dev.dunes.provider.local;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Starts launchers. The first is spawned, so that a program that makes one sandbox has nothing else
 * to start; from the second on they come from a {@link LaunchServer}.
 */
final class Launchers implements AutoCloseable {
  private final Path guest;
  private boolean used;
  private boolean closed;
  private @Nullable LaunchServer server;

  Launchers(Path guest) {
    this.guest = guest;
  }

  /**
   * Launches.
   *
   * @param arguments of {@code dunes-guest launch}
   */
  LaunchedProcess launch(List<String> arguments) throws IOException {
    LaunchServer ready = server();
    return ready == null ? SpawnedLaunch.start(guest, arguments) : ready.launch(arguments);
  }

  private synchronized @Nullable LaunchServer server() throws IOException {
    if (!used || closed) {
      used = true;
      return null;
    }
    if (server == null || !server.isOpen()) {
      server = LaunchServer.start(guest);
    }
    return server;
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (server != null) {
      server.close();
      server = null;
    }
  }
}
