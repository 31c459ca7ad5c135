package dev.dunes.session;

import dev.dunes.agent.UniversalEvent;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Sessions with the mock agent, at full pace, in a directory. */
final class MockPlace implements AutoCloseable {
  static final Duration SOON = Duration.ofSeconds(30);

  final Map<String, String> environment = new HashMap<>();
  private final Path directory;
  private Runs runs;

  MockPlace(Path directory) {
    this.directory = directory;
    environment.put("DUNES_MOCK_PACE", "0");
  }

  MockPlace set(String variable, String value) {
    environment.put(variable, value);
    return this;
  }

  Sessions sessions() {
    if (runs == null) {
      runs =
          Runs.open(
              RunsConfig.builder()
                  .directory(directory)
                  .environment(environment)
                  .sandboxes(SharedPlace.sandboxes())
                  .build());
    }
    return runs.sessions();
  }

  Session create(String id) {
    return sessions().create(id, SessionSpec.builder("mock").build());
  }

  /** Ends this process's part and begins anew. */
  void restart() {
    runs.close();
    runs = null;
  }

  static List<UniversalEvent> all(Session session) {
    return events(session.page(0, OptionalLong.empty()).events());
  }

  static List<UniversalEvent> events(List<SessionEvent> events) {
    return events.stream().map(SessionEvent::event).toList();
  }

  /** Everything a reader gives, to its end. */
  static List<SessionEvent> drain(SessionEvents reader) throws InterruptedException {
    List<SessionEvent> all = new ArrayList<>();
    try (reader) {
      for (List<SessionEvent> next = reader.next(); !next.isEmpty(); next = reader.next()) {
        all.addAll(next);
      }
    }
    return all;
  }

  /** Waits until a session is as it shall be. */
  static void until(Session session, Predicate<SessionInfo> wanted) {
    Instant deadline = Instant.now().plus(SOON);
    while (!wanted.test(session.info())) {
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError("it is still " + session.info());
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  static String line(UniversalEvent event) {
    return event.data().type() + (event.synthetic() ? " synthetic" : "");
  }

  @Override
  public void close() {
    if (runs != null) {
      runs.close();
    }
  }
}
