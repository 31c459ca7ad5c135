package dev.dunes.agent.drive;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.Attachment;
import dev.dunes.agent.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** What goes with a message of the user, checked, for adapters to pass on. */
public final class Attachments {
  /** The largest picture that is taken, in bytes. */
  public static final int IMAGE_LIMIT = 10 << 20;

  private static final int COUNT_LIMIT = 20;

  private static final Map<String, String> IMAGES =
      Map.of("image/png", "png", "image/jpeg", "jpg", "image/gif", "gif", "image/webp", "webp");

  private Attachments() {}

  /**
   * The pictures of a message.
   *
   * @throws AgentException {@code invalid_attachment} when there are more than 20 attachments, or
   *     one is of an unknown type or larger than {@link #IMAGE_LIMIT}
   */
  public static List<Attachment.Image> images(Prompt prompt) {
    if (prompt.attachments().size() > COUNT_LIMIT) {
      throw invalid(
          "%d attachments".formatted(prompt.attachments().size()),
          "attach at most %d".formatted(COUNT_LIMIT));
    }
    List<Attachment.Image> images = new ArrayList<>();
    for (Attachment each : prompt.attachments()) {
      if (each instanceof Attachment.Image image) {
        check(image);
        images.add(image);
      }
    }
    return images;
  }

  private static void check(Attachment.Image image) {
    if (!IMAGES.containsKey(image.mime())) {
      throw invalid(
          "a picture of type '%s'".formatted(image.mime()),
          "use one of " + IMAGES.keySet().stream().sorted().collect(Collectors.joining(", ")));
    }
    if (image.data().length > IMAGE_LIMIT) {
      throw invalid(
          "a picture of %d bytes".formatted(image.data().length),
          "make it smaller than %d bytes".formatted(IMAGE_LIMIT));
    }
  }

  /** How the name of a file with such a picture ends. */
  public static String extension(Attachment.Image image) {
    return IMAGES.getOrDefault(image.mime(), "bin");
  }

  /** The words of a message, and after them the files that belong to it. */
  public static String text(Prompt prompt) {
    List<String> files = new ArrayList<>();
    for (Attachment each : prompt.attachments()) {
      if (each instanceof Attachment.File file) {
        if (!file.path().startsWith("/") || file.path().chars().anyMatch(c -> c < ' ')) {
          throw invalid(
              "a file named '%s'".formatted(file.path()), "give an absolute path of the sandbox");
        }
        files.add("- " + file.path() + file.mime().map(mime -> " (%s)".formatted(mime)).orElse(""));
      }
    }
    return files.isEmpty()
        ? prompt.text()
        : prompt.text() + "\n\nFiles that belong to this message:\n" + String.join("\n", files);
  }

  private static AgentException invalid(String what, String remedy) {
    return new AgentException("invalid_attachment", "cannot take " + what, remedy, null);
  }
}
