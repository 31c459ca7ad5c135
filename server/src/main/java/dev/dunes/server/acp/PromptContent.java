package dev.dunes.server.acp;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import java.net.URI;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** What a client says to an agent, from blocks of content. ACP, sheet 2.6. */
final class PromptContent {
  private PromptContent() {}

  static Prompt read(Params params) {
    List<String> words = new ArrayList<>();
    List<Attachment> attachments = new ArrayList<>();
    for (Params block : params.objects("prompt")) {
      switch (block.required("type")) {
        case "text" -> words.add(block.text("text").orElse(""));
        case "image" -> attachments.add(image(block.required("mimeType"), block.required("data")));
        case "resource_link" -> link(block, words, attachments);
        case "resource" ->
            resource(
                block
                    .object("resource")
                    .orElseThrow(() -> RpcException.params("resource is missing")),
                words,
                attachments);
        case "audio" ->
            throw RpcException.params("audio is not understood: promptCapabilities.audio is false");
        default -> throw RpcException.params("there is no such type of content in a prompt");
      }
    }
    String text = String.join("\n", words);
    if (text.isBlank()) {
      throw RpcException.params("prompt must hold words");
    }
    return new Prompt(text, attachments);
  }

  private static Attachment.Image image(String mime, String data) {
    try {
      return new Attachment.Image(mime, Base64.getDecoder().decode(data));
    } catch (IllegalArgumentException e) {
      throw RpcException.params("data is not valid base64");
    }
  }

  /** A file of the sandbox goes with the prompt, anything else is named in it. */
  private static void link(Params block, List<String> words, List<Attachment> attachments) {
    String uri = block.required("uri");
    Optional<String> path = path(uri);
    if (path.isPresent()) {
      attachments.add(new Attachment.File(path.get(), block.text("mimeType")));
    } else {
      words.add("[%s](%s)".formatted(block.text("name").orElse(uri), uri));
    }
  }

  private static void resource(Params block, List<String> words, List<Attachment> attachments) {
    String uri = block.text("uri").orElse("");
    Optional<String> text = block.text("text");
    if (text.isPresent()) {
      words.add("<resource uri=\"%s\">\n%s\n</resource>".formatted(uri, text.get()));
      return;
    }
    String mime = block.text("mimeType").orElse("application/octet-stream");
    if (!mime.startsWith("image/")) {
      throw RpcException.params(
          "a blob of type " + mime + " is not understood: send text or images");
    }
    attachments.add(image(mime, block.required("blob")));
  }

  private static Optional<String> path(String uri) {
    if (!uri.startsWith("file:///")) {
      return Optional.empty();
    }
    try {
      return Optional.ofNullable(URI.create(uri).getPath());
    } catch (IllegalArgumentException e) {
      throw RpcException.params("uri is not valid");
    }
  }
}
