package dev.dunes.agent.pi;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.util.Base64;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A message of the user as pi takes it. */
final class PiInput {
  private PiInput() {}

  static ObjectNode of(Prompt prompt) {
    ObjectNode fields = Json.object().put("message", Attachments.text(prompt));
    List<Attachment.Image> images = Attachments.images(prompt);
    if (!images.isEmpty()) {
      ArrayNode all = fields.putArray("images");
      for (Attachment.Image image : images) {
        all.addObject()
            .put("type", "image")
            .put("data", Base64.getEncoder().encodeToString(image.data()))
            .put("mimeType", image.mime());
      }
    }
    return fields;
  }
}
