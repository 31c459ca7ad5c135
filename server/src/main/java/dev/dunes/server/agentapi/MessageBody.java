package dev.dunes.server.agentapi;

import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import dev.dunes.server.v1.Fields;
import dev.dunes.server.v1.Problem;
import java.util.ArrayList;
import java.util.List;

/** The body of a message: its words and, an extension, what goes with it. */
final class MessageBody {
  private MessageBody() {}

  static Prompt read(Fields body) {
    String message = body.requiredText("message");
    if (message.isBlank()) {
      throw Problem.invalid("message must not be empty").failure();
    }
    List<Attachment> attachments = new ArrayList<>();
    for (Fields one : body.objects("attachments")) {
      attachments.add(attachment(one));
    }
    return new Prompt(message, attachments);
  }

  private static Attachment attachment(Fields one) {
    return switch (one.requiredText("type")) {
      case "image" ->
          new Attachment.Image(
              one.requiredText("mime"),
              CreateBody.base64("the attachment's `data`", one.requiredText("data")));
      case "file" -> new Attachment.File(one.requiredText("path"), one.text("mime"));
      default -> throw Fields.wrong("field `type` of an attachment must be image or file");
    };
  }
}
