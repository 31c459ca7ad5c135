package dev.dunes.agent.opencode;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.agent.drive.Attachments;
import dev.dunes.agent.drive.Json;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Base64;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A message of the user as parts of OpenCode's. */
final class OpenCodePrompts {
  private static final Map<String, String> TYPES =
      Map.of(
          "png",
          "image/png",
          "jpg",
          "image/jpeg",
          "jpeg",
          "image/jpeg",
          "gif",
          "image/gif",
          "webp",
          "image/webp",
          "pdf",
          "application/pdf");

  private OpenCodePrompts() {}

  /**
   * Refuses what cannot be sent.
   *
   * @throws AgentException {@code invalid_attachment}
   */
  static void check(Prompt prompt) {
    Attachments.images(prompt);
    Attachments.text(prompt);
  }

  /** What is sent. */
  static ObjectNode body(
      Prompt prompt, String mode, OpenCodeModel model, Optional<String> variant) {
    ObjectNode body = Json.object();
    body.set("parts", parts(prompt));
    body.put("agent", mode);
    body.putObject("model").put("providerID", model.provider().id()).put("modelID", model.id());
    variant.ifPresent(effort -> body.put("variant", effort));
    return body;
  }

  private static ArrayNode parts(Prompt prompt) {
    ArrayNode parts = Json.array();
    parts.add(Json.object().put("type", "text").put("text", prompt.text()));
    int pictures = 0;
    for (Attachment each : prompt.attachments()) {
      switch (each) {
        case Attachment.Image image ->
            parts.add(
                file(
                    image.mime(),
                    "image-%d.%s".formatted(++pictures, Attachments.extension(image)),
                    "data:%s;base64,%s"
                        .formatted(
                            image.mime(), Base64.getEncoder().encodeToString(image.data()))));
        case Attachment.File file -> {
          String path = file.path();
          parts.add(
              file(
                  file.mime().orElseGet(() -> type(path)),
                  path.substring(path.lastIndexOf('/') + 1),
                  address(path)));
        }
      }
    }
    return parts;
  }

  private static ObjectNode file(String mime, String name, String url) {
    return Json.object()
        .put("type", "file")
        .put("mime", mime)
        .put("filename", name)
        .put("url", url);
  }

  private static String address(String path) {
    try {
      return new URI("file", "", path, null).toString();
    } catch (URISyntaxException e) {
      throw new AgentException(
          "invalid_attachment", "cannot take a file named '%s'".formatted(path), null, e);
    }
  }

  /** All that is no picture is read as text. */
  private static String type(String path) {
    String ending = path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    return TYPES.getOrDefault(ending, "text/plain");
  }
}
