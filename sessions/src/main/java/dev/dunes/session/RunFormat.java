package dev.dunes.session;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Runs as JSON: on the wire and in {@code runs.jsonl}. Query API 2.6, 2.11. */
final class RunFormat {
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSSxxx").withZone(ZoneOffset.UTC);

  private RunFormat() {}

  static ObjectNode write(RunRecord run, Optional<RunBody> body) {
    ObjectNode row = Json.object();
    row.put("id", run.id());
    row.put("prompt", run.prompt());
    put(row, "model", run.model());
    row.put("status", run.status().wireName());
    row.put("started_at", ISO.format(run.startedAt()));
    put(row, "cost_usd", run.costUsd());
    if (run.turns().isPresent()) {
      row.put("num_turns", run.turns().getAsInt());
    } else {
      row.putNull("num_turns");
    }
    put(row, "duration_secs", run.durationSeconds());
    put(row, "error", run.error());
    row.put("files_count", run.filesCount());
    row.putNull("feedback");
    row.putNull("feedback_user");
    put(row, "raw_prompt", body.map(RunBody::rawPrompt));
    put(row, "agent_session_id", run.agentSessionId());
    put(row, "sandbox_id", run.sandboxId());
    row.put("team_id", run.scope().teamId());
    row.put("user_id", run.scope().userId());
    put(row, "channel_id", run.scope().channelId());
    row.putNull("thread_ts");
    ObjectNode config = ((ObjectNode) run.config()).deepCopy();
    body.filter(b -> !b.files().isEmpty())
        .ifPresent(b -> {
          ObjectNode files = Json.object();
          b.files().forEach(files::set);
          config.set("files", files);
        });
    row.set("config_snapshot", config);
    row.put("outcome", run.outcome());
    return row;
  }

  /** A row that was read; empty when it is not one of ours. */
  static Optional<RunRecord> read(JsonNode row) {
    Optional<String> id = Json.string(row, "id");
    Optional<RunStatus> status = Json.string(row, "status").flatMap(RunFormat::status);
    Optional<Instant> started = Json.string(row, "started_at").flatMap(RunFormat::instant);
    if (id.isEmpty() || status.isEmpty() || started.isEmpty()) {
      return Optional.empty();
    }
    JsonNode config = row.get("config_snapshot");
    return Optional.of(
        new RunRecord(
            id.get(),
            Json.string(row, "prompt").orElse(""),
            Json.string(row, "model"),
            status.get(),
            started.get(),
            number(row, "cost_usd"),
            row.path("num_turns").isInt()
                ? OptionalInt.of(row.get("num_turns").intValue())
                : OptionalInt.empty(),
            number(row, "duration_secs"),
            Json.string(row, "error"),
            row.path("files_count").asInt(0),
            Json.string(row, "agent_session_id"),
            Json.string(row, "sandbox_id"),
            new RunScope(
                Json.string(row, "team_id").orElse(RunScope.LOCAL),
                Json.string(row, "user_id").orElse(RunScope.LOCAL),
                Json.string(row, "channel_id")),
            config instanceof ObjectNode ? config : Json.object(),
            Json.string(row, "outcome").orElseGet(() -> status.get().wireName())));
  }

  /** The large parts of a row, when they were stored. */
  static Optional<RunBody> body(JsonNode row) {
    return Json.string(row, "raw_prompt")
        .map(prompt -> {
          Map<String, JsonNode> files = new LinkedHashMap<>();
          row.path("config_snapshot")
              .path("files")
              .properties()
              .forEach(file -> {
                if (!file.getValue().isNumber()) {
                  files.put(file.getKey(), file.getValue());
                }
              });
          return new RunBody(prompt, files);
        });
  }

  private static Optional<RunStatus> status(String word) {
    return Arrays.stream(RunStatus.values()).filter(s -> s.wireName().equals(word)).findFirst();
  }

  private static Optional<Instant> instant(String text) {
    try {
      return Optional.of(DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(text, Instant::from));
    } catch (DateTimeException e) {
      return Optional.empty();
    }
  }

  private static OptionalDouble number(JsonNode row, String member) {
    JsonNode value = row.get(member);
    return value != null && value.isNumber()
        ? OptionalDouble.of(value.doubleValue())
        : OptionalDouble.empty();
  }

  private static void put(ObjectNode row, String member, Optional<String> value) {
    value.ifPresentOrElse(v -> row.put(member, v), () -> row.putNull(member));
  }

  private static void put(ObjectNode row, String member, OptionalDouble value) {
    if (value.isPresent()) {
      row.put(member, value.getAsDouble());
    } else {
      row.putNull(member);
    }
  }
}
