package dev.dunes.agent.acp;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Blocks of content, both ways. */
final class AcpContent {
  private AcpContent() {}

  /** The blocks of a message of the user: its words, its pictures, links to its files. */
  static ArrayNode of(Prompt prompt) {
    Attachments.text(prompt); // refuses paths that cannot be
    ArrayNode blocks = Json.array();
    blocks.addObject().put("type", "text").put("text", prompt.text());
    for (Attachment.Image image : Attachments.images(prompt)) {
      blocks
          .addObject()
          .put("type", "image")
          .put("mimeType", image.mime())
          .put("data", Base64.getEncoder().encodeToString(image.data()));
    }
    for (Attachment each : prompt.attachments()) {
      if (each instanceof Attachment.File file) {
        String name = file.path().substring(file.path().lastIndexOf('/') + 1);
        ObjectNode link =
            blocks
                .addObject()
                .put("type", "resource_link")
                .put("uri", uri(file.path()))
                .put("name", name);
        file.mime().ifPresent(mime -> link.put("mimeType", mime));
      }
    }
    return blocks;
  }

  private static String uri(String path) {
    try {
      return new URI("file", "", path, null, null).toString();
    } catch (URISyntaxException e) {
      throw new IllegalArgumentException("no path: " + path, e);
    }
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
