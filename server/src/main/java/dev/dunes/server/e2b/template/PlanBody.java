package dev.dunes.server.e2b.template;

import dev.dunes.hosting.BuildPlan;
import dev.dunes.server.hosted.Failures;
import dev.dunes.server.http.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Reads what a template is built from: TemplateBuildStartV2 of E2B wire 2.4. */
final class PlanBody {
  private PlanBody() {}

  static BuildPlan read(byte[] body) {
    JsonNode json;
    try {
      json = Json.MAPPER.readTree(body);
    } catch (JacksonException e) {
      throw Failures.invalid("the body is not JSON: " + e.getOriginalMessage());
    }
    List<BuildPlan.Step> steps = new ArrayList<>();
    for (JsonNode step : json.path("steps")) {
      steps.add(step(step, steps.size() + 1));
    }
    Optional<String> image = text(json, "fromImage");
    Optional<String> template = text(json, "fromTemplate");
    return new BuildPlan(
        image.isEmpty() && template.isEmpty() ? Optional.of("e2bdev/base") : image,
        template,
        text(json, "startCmd"),
        text(json, "readyCmd"),
        steps);
  }

  private static BuildPlan.Step step(JsonNode step, int number) {
    BuildPlan.Kind kind;
    try {
      kind = BuildPlan.Kind.valueOf(step.path("type").asString("").toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw Failures.invalid(
          "step %d: type '%s' is not known; there are COPY, RUN, ENV, WORKDIR, USER"
              .formatted(number, step.path("type").asString("")));
    }
    List<String> args = new ArrayList<>();
    for (JsonNode arg : step.path("args")) {
      if (!arg.isString()) {
        throw Failures.invalid("step %d: args must be texts".formatted(number));
      }
      if (arg.asString().indexOf('\0') >= 0) {
        throw Failures.invalid("step %d: args cannot have NUL characters".formatted(number));
      }
      args.add(arg.asString());
    }
    return new BuildPlan.Step(kind, args, text(step, "filesHash"));
  }

  private static Optional<String> text(JsonNode json, String field) {
    JsonNode value = json.path(field);
    return value.isString() && !value.asString().isBlank()
        ? Optional.of(value.asString())
        : Optional.empty();
  }
}
