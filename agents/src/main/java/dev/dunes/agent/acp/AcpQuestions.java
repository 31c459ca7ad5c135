package dev.dunes.agent.acp;

import dev.dunes.agent.AgentException;
import dev.dunes.agent.drive.Json;
import dev.dunes.agent.drive.OpenAsks.Question;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A form of questions, as {@code elicitation/create} has it: each property of the schema is one,
 * but for those that take a note about another ({@code X_custom}, {@code X_note}).
 */
final class AcpQuestions {
  private static final List<String> NOTES = List.of("_custom", "_note");
  private static final int LIMIT = 20;

  private final String message;
  private final Map<String, JsonNode> fields = new LinkedHashMap<>();
  private final Map<String, String> notes = new LinkedHashMap<>();

  AcpQuestions(JsonNode params) {
    this.message = Json.text(params, "message", "");
    JsonNode properties = params.path("requestedSchema").path("properties");
    properties.forEachEntry((key, schema) -> {
      Optional<String> about =
          NOTES.stream()
              .filter(key::endsWith)
              .map(end -> key.substring(0, key.length() - end.length()))
              .filter(properties::has)
              .findFirst();
      if (about.isPresent()) {
        notes.put(about.get(), key);
      } else if (fields.size() < LIMIT) {
        fields.put(key, schema);
      }
    });
  }

  /** The questions, in order; none for a form that asks nothing. */
  List<Question> questions() {
    List<Question> questions = new ArrayList<>();
    fields.forEach((key, schema) -> {
      String own =
          Json.text(schema, "title").or(() -> Json.text(schema, "description")).orElse(key);
      boolean alone = fields.size() == 1 && !message.isEmpty();
      // A message that says nothing of the question, as codex-acp has it, goes before it.
      String text = !alone ? own : own.endsWith("?") ? own : message;
      questions.add(
          new Question(text, choices(schema).stream().map(choice -> choice.label).toList()));
    });
    return questions;
  }

  private record Choice(JsonNode value, String label) {}

  private static List<Choice> choices(JsonNode schema) {
    JsonNode of = schema.has("items") ? schema.path("items") : schema;
    List<Choice> choices = new ArrayList<>();
    for (String key : List.of("oneOf", "anyOf")) {
      for (JsonNode each : of.path(key)) {
        Json.value(each, "const")
            .ifPresent(value ->
                choices.add(new Choice(value, Json.text(each, "title", value.asString("")))));
      }
    }
    for (JsonNode each : of.path("enum")) {
      choices.add(new Choice(each, each.asString("")));
    }
    if (choices.isEmpty() && Json.text(of, "type", "").equals("boolean")) {
      choices.add(new Choice(Json.MAPPER.getNodeFactory().booleanNode(true), "true"));
      choices.add(new Choice(Json.MAPPER.getNodeFactory().booleanNode(false), "false"));
    }
    return choices;
  }

  /**
   * What to answer.
   *
   * @param answers chosen labels, or words of the user, for each question
   * @throws AgentException {@code invalid_answer} when words are given where one must choose
   */
  ObjectNode content(List<List<String>> answers) {
    ObjectNode content = Json.object();
    int at = 0;
    for (Map.Entry<String, JsonNode> field : fields.entrySet()) {
      fill(content, field.getKey(), field.getValue(), answers.get(at++));
    }
    return content;
  }

  private void fill(ObjectNode content, String key, JsonNode schema, List<String> chosen) {
    List<Choice> choices = choices(schema);
    ArrayNode values = Json.array();
    for (String answer : chosen) {
      Optional<JsonNode> value =
          choices.stream()
              .filter(each -> each.label.equals(answer) || each.value.asString("").equals(answer))
              .map(Choice::value)
              .findFirst();
      if (value.isPresent()) {
        values.add(value.get());
      } else if (notes.containsKey(key)) {
        content.put(notes.get(key), answer);
      } else if (choices.isEmpty()) {
        values.add(typed(key, schema, answer));
      } else {
        throw new AgentException(
            "invalid_answer",
            "'%s' is none of the answers that are offered".formatted(answer),
            "choose " + String.join(", ", choices.stream().map(Choice::label).toList()),
            null);
      }
    }
    if (Json.text(schema, "type", "").equals("array")) {
      content.set(key, values);
    } else if (!values.isEmpty()) {
      content.set(key, values.get(0));
    }
  }

  private static JsonNode typed(String key, JsonNode schema, String answer) {
    return switch (Json.text(schema, "type", "string")) {
      case "integer", "number" -> {
        try {
          yield Json.MAPPER.getNodeFactory().numberNode(new java.math.BigDecimal(answer.strip()));
        } catch (NumberFormatException e) {
          throw new AgentException(
              "invalid_answer",
              "'%s' is no number, and '%s' must be one".formatted(answer, key),
              "answer with a number",
              e);
        }
      }
      default -> Json.MAPPER.getNodeFactory().stringNode(answer);
    };
  }
}
