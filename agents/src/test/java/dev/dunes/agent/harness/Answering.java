package dev.dunes.agent.harness;

import dev.dunes.agent.AgentEvent;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.AgentSession;
import dev.dunes.agent.PermissionReply;
import java.util.List;
import java.util.function.Consumer;

/** Users that say the same to everything. */
public final class Answering {
  private Answering() {}

  /** To each request for permission. */
  public static Consumer<AgentOutput> permissions(AgentSession session, PermissionReply reply) {
    return output -> {
      if (output instanceof AgentOutput.Ask ask
          && ask.event() instanceof AgentEvent.PermissionRequested request) {
        session.answerPermission(request.permissionId(), reply);
      }
    };
  }

  /** To each question; requests for permission are granted. */
  public static Consumer<AgentOutput> questions(AgentSession session, String answer) {
    return permissions(session, PermissionReply.ONCE)
        .andThen(output -> {
          if (output instanceof AgentOutput.Ask ask
              && ask.event() instanceof AgentEvent.QuestionRequested question) {
            session.answerQuestion(question.questionId(), List.of(List.of(answer)));
          }
        });
  }

  /** Whether an output is or holds an event of this type. */
  public static boolean holds(AgentOutput output, Class<? extends AgentEvent> type) {
    return switch (output) {
      case AgentOutput.Message message -> message.events().stream().anyMatch(type::isInstance);
      case AgentOutput.Ask ask -> type.isInstance(ask.event());
      default -> false;
    };
  }

  /** Does something once, at the first event of this type. */
  public static Consumer<AgentOutput> once(Class<? extends AgentEvent> type, Runnable action) {
    return new Consumer<>() {
      private boolean done;

      @Override
      public void accept(AgentOutput output) {
        if (!done && holds(output, type)) {
          done = true;
          action.run();
        }
      }
    };
  }
}
