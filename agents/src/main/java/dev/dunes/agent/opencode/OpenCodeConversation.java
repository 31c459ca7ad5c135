package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.AgentMode;
import dev.dunes.agent.AgentOptions;
import dev.dunes.agent.AgentOutput;
import dev.dunes.agent.drive.Json;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A session on a server: made anew, gone on with, or a copy of another.
 *
 * @param id OpenCode's
 * @param mode the agent that leads it
 * @param modes those there are
 * @param resumed what the server said about it, when it was there before
 */
record OpenCodeConversation(
    String id, String mode, List<AgentMode> modes, Optional<AgentOutput> resumed) {
  private static final Pattern ID = Pattern.compile("ses_[A-Za-z0-9]{1,64}");
  private static final String DEFAULT_MODE = "build";

  /**
   * Opens it.
   *
   * @throws AgentException {@code mode_not_supported}, {@code model_not_supported}, {@code
   *     resume_failed}
   */
  static OpenCodeConversation open(
      OpenCodeClient client, OpenCodeModel model, AgentOptions options) {
    List<AgentMode> modes = OpenCodeLaunch.modes(client);
    String mode = options.mode().orElse(DEFAULT_MODE);
    OpenCodeConversation conversation =
        options
            .resume()
            .map(id -> resume(client, id, options.fork(), mode, modes))
            .orElseGet(() -> create(client, mode, modes));
    conversation.checkMode(mode);
    checkVariant(client, model, options.variant());
    return conversation;
  }

  private static OpenCodeConversation create(
      OpenCodeClient client, String mode, List<AgentMode> modes) {
    // With a title of ours the model is not asked for one.
    OpenCodeClient.Answer answer = client.post("/session", Json.object().put("title", "Dunes"));
    if (!answer.ok()) {
      throw new AgentException(
          "agent_start_failed",
          "OpenCode makes no session: " + answer.problem(),
          "look at opencode.json in its home",
          null);
    }
    return new OpenCodeConversation(id(answer), mode, modes, Optional.empty());
  }

  private static OpenCodeConversation resume(
      OpenCodeClient client, String id, boolean fork, String mode, List<AgentMode> modes) {
    if (!ID.matcher(id).matches()) {
      throw new AgentException(
          "resume_failed", "'%s' is no session of OpenCode".formatted(id), "give one", null);
    }
    OpenCodeClient.Answer answer =
        fork
            ? client.post("/session/" + id + "/fork", Json.object())
            : client.get("/session/" + id);
    if (answer.status() == 404) {
      throw new AgentException(
          "resume_failed",
          "OpenCode knows no session '%s' in this home".formatted(id),
          "resume it in a sandbox that has the home it was made in",
          null);
    }
    if (!answer.ok()) {
      throw new AgentException(
          "resume_failed",
          "OpenCode cannot %s the session: %s".formatted(fork ? "fork" : "open", answer.problem()),
          "this version cannot fork a session that gave an answer by a schema; resume it instead",
          null);
    }
    if (fork) {
      return new OpenCodeConversation(id(answer), mode, modes, Optional.empty());
    }
    AgentOutput known =
        new AgentOutput.Message(
            answer.body().toString().getBytes(StandardCharsets.UTF_8),
            answer.body(),
            List.of(OpenCodeEvents.started(answer.body())));
    return new OpenCodeConversation(id, mode, modes, Optional.of(known));
  }

  private static String id(OpenCodeClient.Answer answer) {
    return Json.text(answer.body(), "id")
        .filter(id -> ID.matcher(id).matches())
        .orElseThrow(() ->
            new AgentException(
                "agent_start_failed", "OpenCode made a session without an id", null, null));
  }

  /**
   * Whether an agent of this name can lead.
   *
   * @throws AgentException {@code mode_not_supported}
   */
  void checkMode(String name) {
    if (modes.stream().noneMatch(each -> each.id().equals(name))) {
      throw new AgentException(
          "mode_not_supported",
          "OpenCode has no agent '%s' that can lead a conversation".formatted(name),
          "use one of " + modes.stream().map(AgentMode::id).collect(Collectors.joining(", ")),
          null);
    }
  }

  /** OpenCode itself takes any variant and ignores those it does not know. */
  static void checkVariant(OpenCodeClient client, OpenCodeModel model, Optional<String> variant) {
    if (variant.isEmpty()) {
      return;
    }
    List<String> known = OpenCodeLaunch.variants(client, model);
    if (!known.contains(variant.get())) {
      throw new AgentException(
          "model_not_supported",
          "the model '%s' has no variant '%s'".formatted(model.id(), variant.get()),
          "use one of " + String.join(", ", known),
          null);
    }
  }
}
