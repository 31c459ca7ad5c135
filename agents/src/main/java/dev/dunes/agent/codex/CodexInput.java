package dev.dunes.agent.codex;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.AgentHome;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;

/** A message of the user as Codex takes it: its words, and pictures as files of the sandbox. */
final class CodexInput {
  private static final String PICTURES = CodexAgent.HOME + "/dunes-pictures/";

  private final AgentHome home;

  CodexInput(AgentHome home) {
    this.home = home;
  }

  /** Writes the pictures into the sandbox; blocks until they are there. */
  ArrayNode of(Prompt prompt) {
    ArrayNode input = text(Attachments.text(prompt));
    for (Attachment.Image image : Attachments.images(prompt)) {
      String name = PICTURES + UUID.randomUUID() + "." + Attachments.extension(image);
      input.addObject().put("type", "localImage").put("path", home.write(name, image.data()));
    }
    return input;
  }

  static ArrayNode text(String words) {
    ArrayNode input = Json.array();
    input.addObject().put("type", "text").put("text", words);
    return input;
  }
}
