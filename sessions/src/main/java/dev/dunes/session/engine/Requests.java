package dev.dunes.session.engine;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentEvent.PermissionStatus;
import dev.dunes.agent.AgentEvent.QuestionStatus;
import dev.dunes.agent.PermissionReply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an agent asked and is not answered yet: each request is resolved once. Agent API, sheet 3.1,
 * rule 8, and 4.9. Used with the lock of its session.
 */
final class Requests {
  private static final int MOST_REMEMBERED = 1000;

  private final Map<String, AgentEvent> open = new LinkedHashMap<>();
  private final Set<String> beingAnswered = new HashSet<>();
  private final Set<String> always = new HashSet<>();

  Requests(List<AgentEvent> open) {
    open.forEach(this::add);
  }

  void add(AgentEvent request) {
    open.put(id(request), request);
  }

  boolean isEmpty() {
    return open.isEmpty();
  }

  List<AgentEvent> all() {
    return List.copyOf(open.values());
  }

  private static String id(AgentEvent request) {
    return switch (request) {
      case AgentEvent.PermissionRequested permission -> permission.permissionId();
      case AgentEvent.QuestionRequested question -> question.questionId();
      default -> throw new IllegalArgumentException("no request: " + request.type());
    };
  }

  /** Begins to answer a request for permission; empty when there is none, or somebody does. */
  Optional<AgentEvent.PermissionRequested> claimPermission(String id) {
    return open.get(id) instanceof AgentEvent.PermissionRequested request && beingAnswered.add(id)
        ? Optional.of(request)
        : Optional.empty();
  }

  /** Begins to answer a question, or all that were asked at once as {@code ID:0}, {@code ID:1}. */
  List<AgentEvent.QuestionRequested> claimQuestions(String id) {
    List<AgentEvent.QuestionRequested> found = new ArrayList<>();
    open.values()
        .forEach(request -> {
          if (request instanceof AgentEvent.QuestionRequested question
              && !beingAnswered.contains(question.questionId())
              && (question.questionId().equals(id) || isPart(question.questionId(), id))) {
            found.add(question);
          }
        });
    found.forEach(question -> beingAnswered.add(question.questionId()));
    return found;
  }

  private static boolean isPart(String id, String whole) {
    return id.startsWith(whole + ":") && id.substring(whole.length() + 1).matches("[0-9]+");
  }

  /** The answer could not be given: it may be tried again. */
  void release(String id) {
    beingAnswered.remove(id);
  }

  /** It is no longer open; false when it was not. */
  boolean remove(String id) {
    beingAnswered.remove(id);
    return open.remove(id) != null;
  }

  /** Remembers that such a request is always granted. */
  void remember(AgentEvent.PermissionRequested request) {
    if (always.size() < MOST_REMEMBERED) {
      always.add(what(request));
    }
  }

  /** Whether such a request was granted for always. */
  boolean remembered(AgentEvent.PermissionRequested request) {
    return always.contains(what(request));
  }

  /** The action and what it is about, without what is different each time. */
  private static String what(AgentEvent.PermissionRequested request) {
    String about =
        request
            .metadata()
            .map(json -> {
              for (String key : List.of("input", "command", "path", "rawInput")) {
                if (json.has(key)) {
                  return key + "=" + json.get(key);
                }
              }
              return json.toString();
            })
            .orElse("");
    return request.action() + "\0" + about;
  }

  static AgentEvent resolved(AgentEvent.PermissionRequested request, PermissionReply reply) {
    return new AgentEvent.PermissionResolved(
        request.permissionId(),
        request.action(),
        reply == PermissionReply.REJECT ? PermissionStatus.DENIED : PermissionStatus.APPROVED,
        request.metadata());
  }

  static AgentEvent answered(AgentEvent.QuestionRequested question, Optional<String> response) {
    return new AgentEvent.QuestionResolved(
        question.questionId(),
        question.prompt(),
        question.options(),
        response,
        QuestionStatus.ANSWERED);
  }

  /** What becomes of a request that nobody waits for any more. */
  static AgentEvent dropped(AgentEvent request) {
    return switch (request) {
      case AgentEvent.PermissionRequested permission ->
          resolved(permission, PermissionReply.REJECT);
      case AgentEvent.QuestionRequested question ->
          new AgentEvent.QuestionResolved(
              question.questionId(),
              question.prompt(),
              question.options(),
              Optional.empty(),
              QuestionStatus.REJECTED);
      default -> throw new IllegalArgumentException("no request: " + request.type());
    };
  }
}
