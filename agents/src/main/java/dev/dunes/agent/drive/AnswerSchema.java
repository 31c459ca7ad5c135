package dev.dunes.agent.drive;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaException;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.dunes.agent.AgentException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * The schema that an answer shall satisfy. Agents check it, too, but give an answer that does not
 * satisfy it as a success. Never fetches anything: a reference to elsewhere is an invalid schema.
 */
public final class AnswerSchema {
  private static final int SHOWN = 5;

  private final Schema schema;

  private AnswerSchema(Schema schema) {
    this.schema = schema;
  }

  /**
   * Reads a schema; its {@code $schema} says which draft it is, else 2020-12.
   *
   * @throws AgentException {@code invalid_schema}
   */
  public static AnswerSchema of(JsonNode json) {
    if (!json.isObject() && !json.isBoolean()) {
      throw invalid("it is no object", null);
    }
    try {
      SchemaRegistry registry =
          SchemaRegistry.withDefaultDialect(
              SpecificationVersion.DRAFT_2020_12,
              builder -> builder.schemaLoader(loader -> loader.fetchRemoteResources(false)));
      Schema schema = registry.getSchema(json);
      schema.initializeValidators();
      return new AnswerSchema(schema);
    } catch (SchemaException e) {
      throw invalid(String.valueOf(e.getMessage()), e);
    }
  }

  private static AgentException invalid(String why, @Nullable Throwable cause) {
    return new AgentException(
        "invalid_schema",
        "the schema for the answer cannot be used: " + why,
        "give a JSON Schema that refers to nothing outside itself",
        cause);
  }

  /** Why an answer does not satisfy it; empty when it does. */
  public Optional<String> problem(Optional<JsonNode> answer) {
    if (answer.isEmpty()) {
      return Optional.of("there is no structured answer");
    }
    List<Error> errors;
    try {
      errors = schema.validate(answer.get());
    } catch (SchemaException e) {
      return Optional.of("the schema cannot be checked: " + e.getMessage());
    }
    return errors.isEmpty()
        ? Optional.empty()
        : Optional.of(
            errors.stream().limit(SHOWN).map(Error::toString).collect(Collectors.joining("; ")));
  }
}
