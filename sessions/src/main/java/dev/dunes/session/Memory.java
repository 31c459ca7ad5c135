package dev.dunes.session;

import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Something kept about a user, a channel or a team from one run to the next.
 *
 * @param id its id
 * @param scope whose it is
 * @param text 1 to 4,000 characters
 * @param createdAt when it was kept
 * @param kind {@code user}, {@code channel} or {@code team}
 */
public record Memory(String id, RunScope scope, String text, Instant createdAt, String kind) {
  /** As {@code GET /memories} and {@code memories.jsonl} have it. */
  public JsonNode json() {
    return row(false);
  }

  ObjectNode row(boolean deleted) {
    ObjectNode row =
        Json.object()
            .put("id", id)
            .put("team_id", scope.teamId())
            .put("user_id", scope.userId())
            .put("text", text)
            .put("created_at", createdAt.toString())
            .put("deleted", deleted)
            .put("scope", kind);
    scope
        .channelId()
        .ifPresentOrElse(c -> row.put("channel_id", c), () -> row.putNull("channel_id"));
    return row;
  }

  static Optional<Memory> read(JsonNode row) {
    Optional<String> id = Json.string(row, "id");
    Optional<String> text = Json.string(row, "text");
    if (id.isEmpty() || text.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new Memory(
            id.get(),
            new RunScope(
                Json.string(row, "team_id").orElse(RunScope.LOCAL),
                Json.string(row, "user_id").orElse(RunScope.LOCAL),
                Json.string(row, "channel_id")),
            text.get(),
            Json.string(row, "created_at").flatMap(Memory::instant).orElse(Instant.EPOCH),
            Json.string(row, "scope").orElse("user")));
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(
          java.time.format.DateTimeFormatter.ISO_DATE_TIME.parse(text, Instant::from));
    } catch (java.time.DateTimeException e) {
      return Optional.empty();
    }
  }
}
