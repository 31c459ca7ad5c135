package dev.dunes.server.acp;

import dev.dunes.server.http.Route;
import dev.dunes.server.http.SseStream;
import dev.dunes.server.v1.Guard;
import dev.dunes.session.Sessions;
import dev.dunes.session.Workspace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** ACP over HTTP at {@code /v1/acp}, and the workspace's processes, files and configuration. */
public final class AcpFace implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AcpFace.class);

  private final AcpServers servers;
  private final AcpRoutes envelopes;
  private final Processes processes;
  private final List<Route> routes;
  private final ScheduledExecutorService clock;

  /**
   * How long things may take, and how much is kept.
   *
   * @param answer how long an envelope waits for its result before it is answered with 202
   * @param abandoned how long a server that nobody uses stays awake
   * @param kept how many bytes of what was sent are kept for each server; twice as many on the way
   */
  public record Limits(Duration answer, Duration abandoned, long kept) {}

  /**
   * @param workspace in which everything happens
   * @param directory for what was sent to clients
   * @param streams begins answers that are streams
   */
  public AcpFace(
      Sessions sessions,
      Workspace workspace,
      Path directory,
      SseStream.Opener streams,
      Limits limits) {
    Workplace workplace = new Workplace(workspace);
    this.servers = new AcpServers(directory, limits.kept(), sessions, workplace);
    this.processes = new Processes(workplace);
    this.envelopes = new AcpRoutes(sessions, servers, streams, limits.answer());
    this.routes =
        Stream.of(
                envelopes.routes(),
                new ProcessRoutes(processes, workplace, streams).routes(),
                new FileRoutes(workplace).routes(),
                new ConfigRoutes(workplace).routes(),
                new DesktopRoutes(workplace).routes())
            .flatMap(List::stream)
            .map(route ->
                new Route(
                    route.method(), route.pattern(), route.access(), Guard.of(route.handler())))
            .toList();
    this.clock =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("acp-abandoned").factory());
    long every = Math.clamp(limits.abandoned().toMillis() / 4, 50, AcpServers.LOOK_EVERY_MILLIS);
    ScheduledFuture<?> unused =
        this.clock.scheduleWithFixedDelay(
            () -> restAbandoned(limits.abandoned()), every, every, TimeUnit.MILLISECONDS);
  }

  private void restAbandoned(Duration limit) {
    try {
      servers.restAbandoned(limit);
    } catch (IOException | RuntimeException e) {
      LOG.warn("abandoned servers could not be looked through: {}", e.toString());
    }
  }

  /** What this face answers. */
  public List<Route> routes() {
    return routes;
  }

  /** Ends streams and processes; what was sent is kept. */
  @Override
  public void close() {
    clock.shutdownNow();
    envelopes.close();
    processes.close();
    try {
      servers.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
