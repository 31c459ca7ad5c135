package dev.dunes.provider.docker;

import dev.dunes.sandbox.InvalidRequestException;
import dev.dunes.sandbox.SandboxSpec;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * What a container carries so that anybody who asks its daemon knows which sandbox it is. Values of
 * variables are not among it: who may look at containers need not know them.
 */
final class ContainerLabels {
  static final String SANDBOX = "dunes.sandbox";

  /** The state directory that made it: only programs that share it clean up after it. */
  static final String INSTANCE = "dunes.instance";

  static final String SNAPSHOT = "dunes.snapshot";
  private static final String CREATED = "dunes.created";
  private static final String DEADLINE = "dunes.deadline";
  private static final String LIFETIME = "dunes.lifetime";
  private static final String DETACHED = "dunes.detached";
  private static final String IMAGE = "dunes.image";
  private static final String RUNTIME = "dunes.runtime";

  /** Before each label of the sandbox's own. */
  private static final String OWN = "dunes.label.";

  private final Map<String, String> labels;

  private ContainerLabels(Map<String, String> labels) {
    this.labels = labels;
  }

  static Map<String, String> of(
      String id, String instance, SandboxSpec spec, Plan plan, Instant createdAt) {
    Map<String, String> labels = new TreeMap<>();
    spec.labels().forEach((name, value) -> labels.put(OWN + name, value));
    labels.put("sandstorm.managed", "true"); // sheet query-api 2.12
    labels.put(SANDBOX, id);
    labels.put(INSTANCE, instance);
    labels.put(CREATED, createdAt.toString());
    labels.put(DEADLINE, createdAt.plus(spec.lifetime()).toString());
    labels.put(LIFETIME, spec.lifetime().toString());
    labels.put(DETACHED, Boolean.toString(spec.detached()));
    labels.put(IMAGE, plan.image());
    labels.put(RUNTIME, plan.runtime());
    return labels;
  }

  /** Of a container as it is listed or inspected; empty when it is no sandbox. */
  static Optional<ContainerLabels> read(JsonNode node) {
    Map<String, String> labels = new TreeMap<>();
    node.properties().forEach(each -> labels.put(each.getKey(), each.getValue().asString("")));
    return labels.containsKey(SANDBOX)
        ? Optional.of(new ContainerLabels(labels))
        : Optional.empty();
  }

  String id() {
    return labels.getOrDefault(SANDBOX, "");
  }

  String instance() {
    return labels.getOrDefault(INSTANCE, "");
  }

  String runtime() {
    return labels.getOrDefault(RUNTIME, "");
  }

  Optional<Instant> createdAt() {
    return instant(CREATED);
  }

  /** The one it was made with: a container's labels cannot be changed. */
  Optional<Instant> deadline() {
    return instant(DEADLINE);
  }

  /** As much of the specification as labels tell. */
  SandboxSpec spec() {
    SandboxSpec.Builder spec = SandboxSpec.builder();
    labels.forEach((name, value) -> {
      if (name.startsWith(OWN)) {
        spec.label(name.substring(OWN.length()), value);
      }
    });
    String image = labels.getOrDefault(IMAGE, "");
    if (!image.isBlank()) {
      spec.image(image);
    }
    try {
      spec.lifetime(Duration.parse(labels.getOrDefault(LIFETIME, "")));
    } catch (DateTimeParseException | InvalidRequestException e) {
      spec.lifetime(SandboxSpec.DEFAULT_LIFETIME); // not made by us, whatever it says
    }
    return spec.detached(Boolean.parseBoolean(labels.get(DETACHED))).build();
  }

  private Optional<Instant> instant(String name) {
    try {
      return Optional.ofNullable(labels.get(name)).map(Instant::parse);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }
}
