package dev.dunes.server.e2b.code;

import dev.dunes.sandbox.Channel;
import dev.dunes.server.e2b.code.KernelEvent.Failure;
import dev.dunes.server.e2b.code.KernelEvent.Output;
import dev.dunes.server.e2b.code.KernelEvent.Shown;
import dev.dunes.server.http.Json;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonWriteFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * The lines clients read. They are ASCII: a client that decodes each piece of them by itself would
 * garble other characters. E2B wire 2.10, 3.11.
 */
final class CodeLines {
  private static final JsonMapper ASCII =
      JsonMapper.builder(JsonFactory.builder().enable(JsonWriteFeature.ESCAPE_NON_ASCII).build())
          .build();

  /** Where a form of a result belongs, by its MIME type; those not named here are extra. */
  private static final Map<String, String> FIELDS = new LinkedHashMap<>();

  /** Those that are whatever JSON they are; all others are texts. */
  private static final java.util.Set<String> DATA = java.util.Set.of("json", "data", "chart");

  private static final int MOST_EXTRA = 64;

  static {
    FIELDS.put("text/plain", "text");
    FIELDS.put("text/html", "html");
    FIELDS.put("text/markdown", "markdown");
    FIELDS.put("image/svg+xml", "svg");
    FIELDS.put("image/png", "png");
    FIELDS.put("image/jpeg", "jpeg");
    FIELDS.put("application/pdf", "pdf");
    FIELDS.put("text/latex", "latex");
    FIELDS.put("application/json", "json");
    FIELDS.put("application/javascript", "javascript");
    FIELDS.put("e2b/data", "data");
    FIELDS.put("e2b/chart", "chart");
  }

  private CodeLines() {}

  static byte[] executions(int count) {
    return line(type("number_of_executions").put("execution_count", count));
  }

  static byte[] keepalive() {
    return line(type("keepalive"));
  }

  static byte[] end() {
    return line(type("end_of_execution"));
  }

  static byte[] output(Output output) {
    return line(
        type(output.channel() == Channel.STDERR ? "stderr" : "stdout")
            .put("text", output.text())
            .put("timestamp", Instant.now().truncatedTo(ChronoUnit.MICROS).toString()));
  }

  static byte[] failure(Failure failure) {
    return line(
        type("error")
            .put("name", failure.name())
            .put("value", failure.value())
            .put("traceback", failure.traceback()));
  }

  static byte[] result(Shown shown) {
    ObjectNode result = type("result").put("is_main_result", shown.main());
    ObjectNode extra = result.putObject("extra");
    shown
        .data()
        .forEachEntry((mime, value) -> {
          String field = FIELDS.get(mime);
          if (value.isNull()) {
            return;
          }
          if (field == null) {
            if (extra.size() < MOST_EXTRA) {
              extra.set(mime, value);
            }
          } else if (DATA.contains(field)) {
            result.set(field, value);
          } else {
            String text = value.isString() ? value.asString() : value.toString();
            result.put(field, field.equals("text") ? unquoted(text) : text);
          }
        });
    return line(result);
  }

  /** A text is shown without the quotes around it. E2B wire 2.10. */
  private static String unquoted(String text) {
    int last = text.length() - 1;
    boolean quoted =
        last > 0
            && text.charAt(0) == text.charAt(last)
            && (text.charAt(0) == '\'' || text.charAt(0) == '"');
    return quoted ? text.substring(1, last) : text;
  }

  private static ObjectNode type(String type) {
    return Json.object().put("type", type);
  }

  private static byte[] line(JsonNode json) {
    return (ASCII.writeValueAsString(json) + "\n").getBytes(StandardCharsets.US_ASCII);
  }
}
