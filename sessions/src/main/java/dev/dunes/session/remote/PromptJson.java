package dev.dunes.session.remote;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import java.util.Base64;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A message with what goes with it, as the server reads it. */
final class PromptJson {
  private PromptJson() {}

  static ObjectNode of(Prompt prompt) {
    ObjectNode json = Wire.object().put("message", prompt.text());
    if (!prompt.attachments().isEmpty()) {
      ArrayNode attachments = json.putArray("attachments");
      for (Attachment attachment : prompt.attachments()) {
        add(attachments.addObject(), attachment);
      }
    }
    return json;
  }

  private static void add(ObjectNode json, Attachment attachment) {
    switch (attachment) {
      case Attachment.Image image ->
          json.put("type", "image")
              .put("mime", image.mime())
              .put("data", Base64.getEncoder().encodeToString(image.data()));
      case Attachment.File file -> {
        json.put("type", "file").put("path", file.path());
        file.mime().ifPresent(mime -> json.put("mime", mime));
      }
    }
  }
}
