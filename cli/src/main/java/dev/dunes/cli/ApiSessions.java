package dev.dunes.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Command;

/** {@code ds api sessions}. */
@Command(description = {"Works with the sessions of a server.", ""})
final class ApiSessions implements Verb {
  private final Console console;
  private final ApiTarget target;

  ApiSessions(Console console, ApiTarget target) {
    this.console = console;
    this.target = target;
  }

  @Override
  public Map<String, Verb> parts() {
    Map<String, Verb> parts = new LinkedHashMap<>();
    parts.put("list", new ApiSessionCalls.ListSessions(console, target));
    parts.put("create", new ApiSessionCalls.Create(console, target));
    parts.put("send-message", new ApiMessages.Send(console, target));
    parts.put("send-message-stream", new ApiMessages.Stream(console, target));
    parts.put("terminate", new ApiSessionCalls.End(console, target, "terminate"));
    parts.put("interrupt", new ApiSessionCalls.End(console, target, "interrupt"));
    parts.put("events", new ApiEvents.Page(console, target));
    parts.put("get-messages", new ApiEvents.Page(console, target));
    parts.put("events-sse", new ApiEvents.Follow(console, target));
    parts.put("reply-question", new ApiReplies.Answer(console, target));
    parts.put("reject-question", new ApiReplies.Decline(console, target));
    parts.put("reply-permission", new ApiReplies.Permit(console, target));
    return parts;
  }

  @Override
  public int run() {
    throw Parts.missing(console.program() + " api sessions", parts());
  }
}
