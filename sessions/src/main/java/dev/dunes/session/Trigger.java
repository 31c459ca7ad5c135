package dev.dunes.session;

import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Something that starts runs by itself. */
public sealed interface Trigger {
  /** Its name, unique among them. */
  String name();

  /** What the agent is asked to do; a webhook's is a template. */
  String prompt();

  /**
   * One that fires by the clock.
   *
   * @param schedule five fields, UTC
   */
  record Cron(String name, String prompt, String schedule) implements Trigger {}

  /**
   * One that fires when somebody posts to a path.
   *
   * @param path such as {@code /hooks/build}
   * @param secret callers must show, if any
   */
  record Webhook(String name, String prompt, String path, Optional<String> secret)
      implements Trigger {
    /** Never shows the secret. */
    @Override
    public String toString() {
      return "Webhook[" + name + ", " + path + "]";
    }
  }

  /** As lists show it: never the secret. */
  default JsonNode json() {
    return switch (this) {
      case Cron cron ->
          Json.object()
              .put("name", cron.name())
              .put("type", "cron")
              .put("prompt", cron.prompt())
              .put("schedule", cron.schedule());
      case Webhook webhook ->
          Json.object()
              .put("name", webhook.name())
              .put("type", "webhook")
              .put("prompt", webhook.prompt())
              .put("path", webhook.path())
              .put("secret", webhook.secret().isPresent());
    };
  }
}
