package dev.dunes.cli;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.UniversalItem;
import dev.dunes.session.Session;
import dev.dunes.session.SessionEvent;
import dev.dunes.session.SessionEvents;
import dev.dunes.session.SessionException;
import dev.dunes.session.SessionInfo;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import tools.jackson.core.JacksonException;

/** A session that is followed and answered in the terminal, until it ends or is left. */
final class Attended {
  private final Console console;
  private final Session session;
  private final SessionView view;
  private final AskedOfUs asked;
  private final boolean json;

  /** Guards the view, what is asked, and whether an interrupt was wished. */
  private final ReentrantLock lock = new ReentrantLock();

  private boolean interrupted;
  private volatile boolean left;

  /**
   * @param json whether events are printed as they are, one a line
   */
  Attended(Console console, Session session, boolean json) {
    this.console = console;
    this.session = session;
    this.view = new SessionView(console);
    this.asked = new AskedOfUs(session);
    this.json = json;
  }

  /** Follows it from after this event on; the exit code. */
  int follow(long offset) {
    SessionInfo now = session.info();
    if (now.ended() && offset >= now.eventCount()) {
      return ExitCodes.OK;
    }
    try (SessionEvents events = session.follow(offset)) {
      if (console.terminals().in()) {
        Signals.on("INT", () -> interrupt(events));
      }
      // Reading what is typed cannot be interrupted: the thread ends with the process.
      Thread.ofPlatform().daemon().name("typed").start(() -> listen(events));
      for (List<SessionEvent> some = events.next(); !some.isEmpty(); some = events.next()) {
        for (SessionEvent event : some) {
          if (!show(event, now.eventCount())) {
            return ExitCodes.OK;
          }
        }
      }
      return left ? ExitCodes.INTERRUPTED : ExitCodes.OK; // it was deleted
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return ExitCodes.INTERRUPTED;
    }
  }

  /**
   * Shows an event; false when it is the last of the session.
   *
   * @param history the last event there was when we came; requests before it may be answered
   */
  private boolean show(SessionEvent event, long history) {
    Optional<AgentEvent> data = data(event);
    lock.lock();
    try {
      if (json) {
        byte[] line = Arrays.copyOf(event.json(), event.json().length + 1);
        line[event.json().length] = '\n';
        console.write(line);
      } else {
        view.show(event);
      }
      boolean more = data.filter(asked::heard).isPresent();
      if (data.filter(Attended::isFromUser).isPresent()) {
        interrupted = false;
      }
      if (event.sequence() == history || more && event.sequence() > history) {
        hint();
      }
    } finally {
      lock.unlock();
    }
    boolean ended = data.filter(AgentEvent.SessionEnded.class::isInstance).isPresent();
    return !(ended && event.sequence() >= history && isOver());
  }

  private boolean isOver() {
    try {
      return session.info().ended();
    } catch (SessionException e) {
      if (e.code().equals("session_not_found")) {
        return true; // deleted
      }
      throw e;
    }
  }

  private static Optional<AgentEvent> data(SessionEvent event) {
    try {
      return Optional.of(event.event().data());
    } catch (IllegalArgumentException | JacksonException e) {
      return Optional.empty(); // of a kind that is not known here; the view says so
    }
  }

  private static boolean isFromUser(AgentEvent event) {
    return event instanceof AgentEvent.ItemStarted started
        && started.item().role().filter(r -> r == UniversalItem.Role.USER).isPresent();
  }

  private void hint() {
    if (!json && console.terminals().in()) {
      asked.hint().ifPresent(hint -> view.say(console.errorStyle().yellow("? " + hint)));
    }
  }

  private void listen(SessionEvents events) {
    try {
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(console.in(), StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null && !left; line = lines.readLine()) {
        typed(line.strip(), events);
      }
      if (console.terminals().in()) {
        leave(events); // Ctrl-D
      }
    } catch (IOException e) {
      say("❌ cannot read what is typed: " + e.getMessage());
    }
  }

  private void typed(String line, SessionEvents events) {
    try {
      switch (line) {
        case "" -> {
          // a line to look at, no more
        }
        case "/interrupt" -> session.interrupt();
        case "/leave" -> leave(events);
        case "/end" -> session.terminate();
        default -> said(line);
      }
    } catch (SessionException e) {
      say("❌ " + Printable.line(e.detail()));
      e.remedy().ifPresent(remedy -> say(Printable.line(remedy)));
    }
  }

  private void said(String line) {
    lock.lock();
    try {
      if (asked.answer(line)) {
        return;
      }
      if (asked.hint().isPresent()) {
        view.say("❌ " + asked.hint().orElse(""));
        return;
      }
    } finally {
      lock.unlock();
    }
    session.send(new Prompt(line));
  }

  private void interrupt(SessionEvents events) {
    lock.lock();
    try {
      if (!interrupted && session.info().busy()) {
        interrupted = true;
        session.interrupt();
        view.say(
            console
                .errorStyle()
                .yellow("interrupted; Ctrl-C once more leaves, the session goes on"));
        return;
      }
    } catch (SessionException e) {
      view.say("❌ " + Printable.line(e.detail()));
    } finally {
      lock.unlock();
    }
    leave(events);
  }

  private void leave(SessionEvents events) {
    left = true;
    events.close();
  }

  private void say(String line) {
    lock.lock();
    try {
      view.say(line);
    } finally {
      lock.unlock();
    }
  }
}
