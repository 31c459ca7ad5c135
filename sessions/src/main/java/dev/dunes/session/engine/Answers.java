package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import dev.dunes.session.SessionException;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the agent the answers it waits for. An answer is handed to the agent first; only then the
 * request is no longer open. Agent API, sheet 3.1, rule 8, and 4.9.
 */
final class Answers {
  private static final Logger LOG = LoggerFactory.getLogger(Answers.class);

  /** What it needs of its session. */
  interface Desk {
    /** Does something with the requests that are open, in the order of the session. */
    <T> T locked(Function<Requests, T> action);

    /** Tells that a request is resolved, unless that was told. */
    void resolve(String id, AgentEvent event);

    /** The agent that waits. */
    AgentSession agent();
  }

  private final Desk desk;
  private final String agent;

  Answers(Desk desk, String agent) {
    this.desk = desk;
    this.agent = agent;
  }

  void permission(String id, PermissionReply reply) {
    AgentEvent.PermissionRequested request =
        desk.locked(requests -> requests.claimPermission(id))
            .orElseThrow(() -> unknown("permission", id));
    permission(request, reply);
    if (reply == PermissionReply.ALWAYS) {
      desk.locked(requests -> {
        requests.remember(request);
        return true;
      });
    }
  }

  private void permission(AgentEvent.PermissionRequested request, PermissionReply reply) {
    String id = request.permissionId();
    forward("permission", List.of(id), id, session -> session.answerPermission(id, reply));
    desk.resolve(id, Requests.resolved(request, reply));
  }

  /** Grants what was granted for always. */
  void always(AgentEvent.PermissionRequested request) {
    try {
      if (desk.locked(requests -> requests.claimPermission(request.permissionId())).isPresent()) {
        permission(request, PermissionReply.ONCE);
      }
    } catch (SessionException e) {
      LOG.warn("a request could not be granted as it was before: {}", e.getMessage());
    }
  }

  void question(String id, List<List<String>> answers) {
    List<AgentEvent.QuestionRequested> questions = claim(id);
    if (questions.size() > 1 && answers.size() != questions.size()) {
      release(questions);
      throw Problems.invalid(
          "%d answers for %d questions".formatted(answers.size(), questions.size()),
          "give a list for each question");
    }
    forward("question", ids(questions), id, session -> session.answerQuestion(id, answers));
    for (int i = 0; i < questions.size(); i++) {
      Optional<String> response =
          i < answers.size() ? answers.get(i).stream().findFirst() : Optional.empty();
      desk.resolve(questions.get(i).questionId(), Requests.answered(questions.get(i), response));
    }
  }

  void reject(String id) {
    List<AgentEvent.QuestionRequested> questions = claim(id);
    forward("question", ids(questions), id, session -> session.rejectQuestion(id));
    questions.forEach(question -> desk.resolve(question.questionId(), Requests.dropped(question)));
  }

  private List<AgentEvent.QuestionRequested> claim(String id) {
    List<AgentEvent.QuestionRequested> questions =
        desk.locked(requests -> requests.claimQuestions(id));
    if (questions.isEmpty()) {
      throw unknown("question", id);
    }
    return questions;
  }

  private static List<String> ids(List<AgentEvent.QuestionRequested> questions) {
    return questions.stream().map(AgentEvent.QuestionRequested::questionId).toList();
  }

  private void release(List<AgentEvent.QuestionRequested> questions) {
    release(ids(questions));
  }

  private boolean release(Iterable<String> ids) {
    return desk.locked(requests -> {
      ids.forEach(requests::release);
      return true;
    });
  }

  private interface Answer {
    void give(AgentSession session);
  }

  private void forward(String what, List<String> claimed, String id, Answer answer) {
    boolean given = false;
    try {
      answer.give(desk.agent());
      given = true;
    } catch (AgentException e) {
      throw switch (e.code()) {
        case "unknown_request" -> unknown(what, id);
        case "invalid_answer" ->
            Problems.invalid(String.valueOf(e.getMessage()), e.remedy().orElse(null));
        default -> Problems.of(agent, e);
      };
    } finally {
      if (!given) {
        release(claimed);
      }
    }
  }

  private static SessionException unknown(String what, String id) {
    return Problems.invalid(
        "unknown %s id: %s".formatted(what, id), "it may have been answered already");
  }
}
