package dev.dunes.agent.acp;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Blocks of content, both ways. */
final class AcpContent {
  private AcpContent() {}

  /** The blocks of a message of the user: its words with the names of its files, its pictures. */
  static ArrayNode of(Prompt prompt) {
    ArrayNode blocks = Json.array();
    // Files by their names: Gemini CLI drops pictures that come with links, and misreads the links.
    blocks.addObject().put("type", "text").put("text", Attachments.text(prompt));
    for (Attachment.Image image : Attachments.images(prompt)) {
      blocks
          .addObject()
          .put("type", "image")
          .put("mimeType", image.mime())
          .put("data", Base64.getEncoder().encodeToString(image.data()));
    }
    return blocks;
  }

  /** Whether a message has pictures. */
  static boolean hasImages(JsonNode blocks) {
    for (JsonNode block : blocks) {
      if (Json.text(block, "type", "").equals("image")) {
        return true;
      }
    }
    return false;
  }

  /** A block as words: its text, or a word about what it is. */
  static String text(JsonNode block) {
    String type = Json.text(block, "type", "");
    return switch (type) {
      case "text" -> Json.text(block, "text", "");
      case "resource_link" -> Json.text(block, "uri", "[resource_link]");
      case "resource" -> Json.text(block.path("resource"), "text", "[resource]");
      case "" -> "";
      default -> "[" + type + "]";
    };
  }
}
