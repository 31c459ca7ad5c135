package dev.dunes.session;

import dev.dunes.agent.Prompt;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** A program with a session that writes much, to be killed by a test while it does. */
final class KilledSessions {
  private KilledSessions() {}

  /** Prints the sequence of each event it has been given. */
  public static void main(String[] arguments) throws InterruptedException {
    Runs runs =
        Runs.open(
            RunsConfig.builder()
                .directory(Path.of(arguments[0]))
                .environment(Map.of("DUNES_MOCK_PACE", "0"))
                .build());
    Session session =
        runs.sessions().create("s", SessionSpec.builder("mock").turnEvents(true).build());
    SessionTurn turn = session.start(new Prompt("burst 5000000"));
    session.send(new Prompt("echo later"));
    for (List<SessionEvent> next = turn.next(); !next.isEmpty(); next = turn.next()) {
      System.out.println(next.getLast().sequence());
    }
  }
}
