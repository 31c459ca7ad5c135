package dev.dunes.session.engine;

import dev.dunes.agent.PermissionReply;
import dev.dunes.agent.Prompt;
import dev.dunes.session.EventPage;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionInfo;
import dev.dunes.session.SessionTurn;
import dev.dunes.session.TranscriptFormat;
import dev.dunes.session.journal.Follower;
import dev.dunes.session.journal.JournalException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A session for its users: finds the one that lives, and says what the journal says in our words.
 */
final class SessionHandle implements Session {
  private final SessionEngine engine;
  private final String id;

  SessionHandle(SessionEngine engine, String id) {
    this.engine = engine;
    this.id = id;
  }

  @Override
  public String id() {
    return id;
  }

  private <T> T read(Function<LiveSession, T> action) {
    try {
      return action.apply(engine.live(id));
    } catch (JournalException e) {
      throw Problems.of(e);
    }
  }

  private <T> T change(Function<LiveSession, T> action) {
    LiveSession live = engine.working(id);
    try {
      return action.apply(live);
    } catch (JournalException e) {
      live.fault(e);
      throw Problems.of(e);
    }
  }

  private void act(Consumer<LiveSession> action) {
    change(live -> {
      action.accept(live);
      return true;
    });
  }

  @Override
  public SessionInfo info() {
    return read(LiveSession::info);
  }

  @Override
  public void send(Prompt prompt) {
    change(live -> live.send(prompt));
  }

  @Override
  public SessionEvents turn(Prompt prompt) {
    return change(live -> new TurnFollower(live.log(), live.send(prompt), true));
  }

  @Override
  public SessionTurn start(Prompt prompt) {
    return change(live -> new TurnFollower(live.log(), live.send(prompt), false));
  }

  @Override
  public EventPage page(long offset, OptionalLong limit) {
    return read(live -> live.log().page(offset, limit));
  }

  @Override
  public SessionEvents follow(long offset) {
    Follower follower = read(live -> live.log().follow(offset));
    return new SessionEvents() {
      @Override
      public List<SessionEvent> next() throws InterruptedException {
        try {
          return follower.next();
        } catch (JournalException e) {
          throw Problems.of(e);
        }
      }

      @Override
      public void close() {
        follower.close();
      }
    };
  }

  @Override
  public void answerPermission(String permissionId, PermissionReply reply) {
    act(live -> live.answers().permission(permissionId, reply));
  }

  @Override
  public void answerQuestion(String questionId, List<List<String>> answers) {
    act(live -> live.answers().question(questionId, answers));
  }

  @Override
  public void rejectQuestion(String questionId) {
    act(live -> live.answers().reject(questionId));
  }

  @Override
  public void interrupt() {
    act(LiveSession::interrupt);
  }

  @Override
  public void rest() {
    act(LiveSession::restNow);
  }

  @Override
  public void terminate() {
    act(LiveSession::terminate);
  }

  @Override
  public void setMode(String mode) {
    act(live -> live.setMode(mode));
  }

  @Override
  public void setModel(String model, Optional<String> variant) {
    act(live -> live.setModel(model, variant));
  }

  @Override
  public void rename(String title) {
    act(live -> live.rename(title));
  }

  @Override
  public Session fork(String newId) {
    return engine.fork(id, newId);
  }

  @Override
  public void delete() {
    engine.delete(id);
  }

  @Override
  public String transcript(TranscriptFormat format) {
    return read(live -> Transcripts.of(live.log(), live.info(), format));
  }
}
